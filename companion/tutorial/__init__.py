"""What the repository holds."""
