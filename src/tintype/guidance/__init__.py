"""Tintype: guidance."""
