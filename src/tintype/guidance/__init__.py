"""Guidance: everything that has a say in the colors, as marks and palettes, and their compilers."""
