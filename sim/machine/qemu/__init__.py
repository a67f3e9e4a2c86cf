"""QEMU as an engine: a process of its own, with a plugin that counts."""
