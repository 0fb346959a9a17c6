"""In the stage's own process."""
