"""Who is at the other end of a connection: scripts as data, and who plays them in real time.

May import event alone. Runs in the tool's process; `script` and `playing` in the stage's too.
"""
