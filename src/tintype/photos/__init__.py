"""Tintype: photos."""
