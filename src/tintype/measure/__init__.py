"""Tintype: measure."""
