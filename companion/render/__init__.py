"""How anything is put on a screen or a page: text, colour, pictures, pages; knows no stage.

May import nothing of the tool. Runs in the tool's process.
"""
