"""Tintype colors black-and-white photographs with deep learning, on your own machine."""

__version__ = "0.1.0"
