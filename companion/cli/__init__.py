"""The command line: reads the arguments, calls one function, says its error in one line.

May import every other room, each inside the command that needs it. Runs in the tool's process.
"""
