"""A run, simulated or real, from outside: a stage is forked, and leaves a journal, read here.

May import processes and below. Runs in the tool's process; what runs in the stage's is `inside`.
"""
