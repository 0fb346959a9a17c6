"""What a stage's own code does, told from inside its process, without a change to what it does.

May import virtual.inside and below, and is imported by nobody: the process of a stage loads it by
its name. Runs in the stage's own process.
"""
