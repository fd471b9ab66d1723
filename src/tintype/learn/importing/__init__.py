"""The published weights of other projects: read without running anything in them, recognized, checked, exported."""
