"""Tintype: color."""
