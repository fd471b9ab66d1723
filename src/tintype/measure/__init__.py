"""How good colors are: figures, protocols, tables. Numbers and pictures only, no torch."""
