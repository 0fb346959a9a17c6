"""A learner's own file, tried as a stage: what must hold, each check with its words and hint.

May import virtual and below. Runs in the tool's process; the file itself in one of its own.
"""
