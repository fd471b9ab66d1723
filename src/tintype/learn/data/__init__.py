"""Tintype: learn/data."""
