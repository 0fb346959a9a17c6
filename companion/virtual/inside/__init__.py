"""Simulated time, inside: the clock, the replaced calls, the sockets and the scripted other ends.

May import peers.script, and of virtual what both ends share. Runs in the fork server, and in the
stage's own process that is forked from it; what is saved here must be loaded before Twisted.
"""
