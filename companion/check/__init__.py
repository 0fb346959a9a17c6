"""A learner's own file."""
