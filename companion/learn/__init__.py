"""The exercises as a reader does them: his files, his progress, and one screen for all of it.

May import whatever `cli` may, but not `cli`. Runs in the tool's process.
"""
