"""The companion: tools around the stages, which never import it.

Each room holds one thing, and its `__init__` says what; arrows run down only:

    __main__ > cli > guide > learn > check | trace | race | probe > virtual
             > processes | diff > tutorial > peers | render > event.py

    cli         the command line: what is typed, and which function answers it
    guide       a page a part, as files, or served with what runs: a race, the exercises
    learn       the exercises as a reader does them: his files, his progress
    check       a learner's own file, held against a stage
    trace       reading a run: turns, lanes and Deferreds, in words and pictures
    race        clients side by side in real time
    probe       what a stage's own code does; runs inside the stage's process
    virtual     a run, simulated or real, from outside; `inside` is the half in the stage's process
    processes   a stage as a real process
    diff        reading code: what changes from one script to the next
    tutorial    what the repository holds: map, parts, poems
    peers       who is at the other end of a connection
    render      how anything is put on a screen or a page
    event.py    what happens in a run: the records that every view is made from

docs/internals.md says how simulated time and the probe work.
"""

import os

# The folder that sets the tool's own frames apart from the stage's and the library's.
HOUSE = os.path.join(os.path.dirname(__file__), "")
