"""Systems that are no single graph: what they learned lies in arrays, and numpy computes the rest."""
