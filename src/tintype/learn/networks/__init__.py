"""Tintype: learn/networks."""
