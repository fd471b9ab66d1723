"""What colors look like where nobody knows the true ones: old photographs, where there is nothing to compare with.

One file a kind of fault, each with pure functions of a ``Look``: the photograph at a small size that all of them
share. ``score`` makes one number of them, fitted to faults that were put into true photographs on purpose.
"""
