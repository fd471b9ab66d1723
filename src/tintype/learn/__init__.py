"""Training: recipes, data, networks, losses, loops, export. The only part that needs torch."""
