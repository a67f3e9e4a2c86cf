"""Peripherals of microcontrollers: one family per file, selected by the platform file."""
