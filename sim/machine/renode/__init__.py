"""Renode as an engine: a process of its own, driven through its remote server for Robot Framework."""
