"""One module a file format: each opens a source and describes a page without decoding it.

An opener takes a ``Source`` and a page number and returns a ``StoredPage``: size, kind of pixels, metadata,
encoding, and a function that decodes strips from top to bottom. Size limits, color and orientation are the
business of ``tintype.photos.read``.
"""
