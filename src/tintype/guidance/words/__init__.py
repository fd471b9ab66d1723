"""Words: names of colors, sentences about them, and what things look like, learned from labels."""
