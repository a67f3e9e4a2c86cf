"""Instruction timing: decoded blocks in, cycles out."""
