"""What the repository holds: the map of the stages, the parts and their texts, the poems.

May import render. Runs in the tool's process.
"""
