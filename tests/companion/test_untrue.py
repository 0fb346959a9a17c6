"""What the tool once said untrue about a program that is no stage, and the tests that hold each.

A row is a kind of program or of statement; its tests are named by file and sentence, and by the
case where one test has many. Whatever a kernel or Python decides is tried in real time beside it.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

SIMULATED = {
    "ready descriptors were handed out one a call": """
        virtual/test_turns all that is ready is handed out in one turn as in reality
        virtual/test_turns poll and select hand out in the order of asking epoll in that of arrival
        virtual/test_turns the first arrival wakes and those of the same moment are there together
        """,
    "the clock stood still before an odd deadline, and while a descriptor is writable": """
        virtual/test_turns a deadline comes whatever it is
        virtual/test_turns servers go on while a descriptor is always writable
        virtual/test_clock a busy loop until a deadline comes to its end
        virtual/test_turns a library s time outs come [asyncio] [sched] [trio]
        virtual/test_kinds a kind of call is simulated [a loop until a deadline, and one that
        """,
    "the order at the end differed from run to run": """
        virtual/test_turns connections that are open at ctrl c are lost in one order
        virtual/test_turns clients that are there at ctrl c are lost in one order
        virtual/test_turns tasks of asyncio are cancelled in one order
        """,
    "child processes waited for ever, differed, lost their output, or stayed behind": """
        virtual/test_limits a child process is refused by name and nothing is left [subprocess]
        virtual/test_limits a child process is refused by name and nothing is left [os.fork]
        virtual/test_limits a child process is refused by name and nothing is left [spawnProcess]
        virtual/test_limits a child process is refused by name and nothing is left [getProcess
        virtual/test_limits a child process is refused by name and nothing is left [ForkingTCP
        virtual/test_limits a child process is refused by name and nothing is left [multiproc
        virtual/test_limits a child process is refused by name and nothing is left [a pool of
        """,
    "the clock did not see some waits": """
        virtual/test_threads a wait takes simulated time
        virtual/test_kinds a kind of call is simulated [locks, events and conditions
        virtual/test_kinds a kind of call is simulated [alarms] [the time in every form]
        virtual/test_limits an alarm rings in simulated time
        """,
    "what leaves the simulation reached whatever really listens": """
        virtual/test_limits no run reaches a socket outside itself [UDP]
        virtual/test_limits a library below python is refused where it is used not where it is
        virtual/test_limits a greenlet is refused where it is made
        """,
    "a port beyond 65,535 was bound, one port bound twice": """
        virtual/test_limits what the kernel refuses is refused in its words [bind] [in use]
        virtual/test_kinds a kind of call is simulated [addresses that are none] [two at one port
        """,
    "a service's name, ::1, sleep(nan), 127.0.0.2": """
        virtual/test_limits names of services and the address of ipv6 are known
        virtual/test_limits what the kernel refuses is refused in its words [nan]
        virtual/test_kinds a kind of call is simulated [names and services] [addresses of this host
        """,
    "output written by descriptor was lost": """
        virtual/test_limits what is written by descriptor is told in its order
        virtual/test_kinds a kind of call is simulated [output by descriptor]
        """,
    "a traceback showed the tool's frames": """
        virtual/test_threads no frame of the tool is in a thread s traceback
        virtual/test_clock the harness is in no stack
        virtual/test_clock the harness is in no stack that faulthandler shows
        """,
    "what is not covered was the program's failure": """
        virtual/test_limits no run reaches a socket outside itself
        virtual/test_clock a call that would really block is named within a second
        trace/test_programs a program is traced as it runs or refused by name
        """,
}
SHOWN = {
    "a thread's function was the reactor's": """
        trace/test_own a thread is a lane of its own and never the reactor
        """,
    "every wait under the select reactor was the stage's own": """
        trace/test_turns a trace is the same under each reactor and its waits are the reactors
        """,
    "a run at 101 moments was one unbroken bar": """
        trace/test_text a hundred moments are marks with gaps between them where there is room
        """,
    "a generator's Deferred began at the value that its chain ended with": """
        trace/test_turns the way to a generator begins at the value that it goes on with
        """,
    "an exception's words were cut": """
        probe/test_calls what an exception says is told whole
        trace/test_own what an exception says is cut at the edge of a terminal alone
        """,
    "they do the same, where the line that would differ was never sent": """
        trace/test_compare that two do the same is said of what was tried and called
        """,
    "functions were matched by their names alone": """
        trace/test_compare a program with other names is matched by what it does and in which order
        trace/test_compare under other names a difference is found where it is
        """,
}
ROWS = SIMULATED | SHOWN


@cache
def sentences_of(file: Path) -> tuple[set[str], str]:
    """The names of the tests of a file, as sentences, and its text."""
    text = file.read_text()
    names = (one.name for one in ast.walk(ast.parse(text)) if hasattr(one, "name"))
    return {name.removeprefix("test_").replace("_", " ") for name in names if name}, text


@pytest.mark.parametrize("tests", ROWS.values(), ids=ROWS)
def test_each_row_has_its_tests(tests: str) -> None:
    for line in tests.strip().splitlines():
        words, *cases = line.split(" [")
        file, _, sentence = words.strip().partition(" ")
        names, text = sentences_of(Path(__file__).parent / f"{file}.py")
        assert any(name.startswith(sentence) for name in names), words
        for case in cases:
            assert f'"{case.removesuffix("]")}' in text, case
