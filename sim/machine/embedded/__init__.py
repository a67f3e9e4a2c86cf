"""The embedded engine: Unicorn in this process, with a small C extension on the hot path."""
