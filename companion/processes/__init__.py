"""A stage as a real process."""
