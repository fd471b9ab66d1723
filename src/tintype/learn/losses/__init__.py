"""Tintype: learn/losses."""
