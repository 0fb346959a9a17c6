"""Simulated time, from outside: a stage is forked, runs, and leaves a journal that is read here.

May import processes and below. Runs in the tool's process; what runs in the stage's is `inside`.
"""
