"""Machines: simulated boards that boot an image and tell what it did."""
