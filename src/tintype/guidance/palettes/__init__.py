"""Palettes that others made: files of swatches (GIMP, Adobe), and historic processes by their names."""
