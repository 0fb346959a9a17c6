"""The scenario: all that a run depends on beside the stage, as one value.

`companion.virtual.run` plays a stage with it in simulated time, `companion.virtual.real` in real
time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from companion.peers.script import Client, Script


@dataclass(frozen=True)
class Scenario:
    """Who is at the other end of a stage's connections, and how the stage is started.

    `servers` are those that the stage needs on the map where they are None. Without `args` the
    stage gets its own, and after them the servers' addresses; in `args`, {1} stands for the address
    of server 1, and nothing is added. `others` answer in turn at every other port of every host;
    without them it is refused. `signals` are (seconds, name such as SIGINT), `choices` the outcomes
    of random.choice (an index or a function's name; the last holds on), `luck` where every other
    choice of random falls, from 0 to 1, `reactor` one of epoll, poll, select, asyncio. The stage
    runs in `folder`, or at the root, and is ended after `until` seconds of simulated time.

    Where it is `traced`, the probe emits what the stage's code does. `probe`, as "module:function",
    is called with a function emit(kind, **fields) in the stage's process before the script starts.
    Without `events` nothing is emitted of the waits and of the network, which in a run of very many
    steps is most of the work.
    """

    servers: Sequence[Script] | None = None
    args: Sequence[str] | None = None
    clients: Sequence[Client] = ()
    others: Sequence[Script] = ()
    signals: Sequence[tuple[float, str]] = ()
    stdin: str = ""
    choices: Sequence[int | str] = ()
    luck: float | None = None
    reactor: str = ""
    folder: Path | None = None
    until: float = 86400.0
    traced: bool = False
    probe: str = ""
    events: bool = True


AS_MAPPED = Scenario()  # with the servers and the arguments that the stage has on the map
