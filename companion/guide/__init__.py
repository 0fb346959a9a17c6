"""The guide: a page a part, built as files or served on loopback, where it runs things, too.

May import whatever `cli` may, but not `cli`. Runs in the tool's process.
"""
