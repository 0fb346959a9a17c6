"""The guide: a page a part, written as files.

May import whatever `cli` may, but not `cli`. Runs in the tool's process.
"""
