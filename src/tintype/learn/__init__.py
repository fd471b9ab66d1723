"""Tintype: learn."""
