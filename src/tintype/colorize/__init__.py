"""Tintype: colorize."""
