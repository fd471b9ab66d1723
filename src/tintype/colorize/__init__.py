"""The main job: open a photograph once, color it often."""
