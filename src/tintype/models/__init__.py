"""Tintype: models."""
