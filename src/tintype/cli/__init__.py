"""Tintype: cli."""
