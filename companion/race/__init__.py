"""Clients side by side in real time."""
