"""Finished models: their files and cards, where they are found, the session that runs them."""
