"""Reading a run: its turns, lanes and chains of Deferreds, and their views as text and picture.

May import virtual and below. Runs in the tool's process, on events alone but for `show` and
`compare`, which have a run made.
"""
