"""What the stage's own code does."""
