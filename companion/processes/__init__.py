"""A stage as a real process, beside the servers that it needs, and their end, whatever ends them.

May import tutorial and below. Runs in the tool's process; a race's launcher loads `orphans` from
here, so this file stays empty.
"""
