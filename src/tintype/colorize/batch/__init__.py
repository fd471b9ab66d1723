"""Coloring many files: what is to be written where, what is there already, one outcome a file."""
