"""The exercises as a reader does them: his files, his progress, and one screen for all of it.

May import whatever `guide` may, but not `guide`. Runs in the tool's process.
"""
