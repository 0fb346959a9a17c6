"""Reading code: the definitions of a script, and what changes from one script to the next.

May import tutorial and below. Runs in the tool's process, and runs no stage.
"""
