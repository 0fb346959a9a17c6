"""Clients side by side in real time, each a process with slow servers of its own, shown live.

May import processes and below; no simulated time. Runs in the tool's process, but for `launch`,
which starts one stage and measures it: so this file stays empty, and a launcher small.
"""
