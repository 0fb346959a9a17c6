"""A small race as events, for the tests of its views."""

from companion.event import Close, Event, Listen, Read, Sent, event_of

# A blocking client that is done, a broken one that leaves its second poem unread, a crash.
STAGES = ("blocking-client", "client-1.0-broken", "crash.py")


def lane_events(stage: str, lane: int, poem: str, begin: float, read: float | None) -> list[Event]:
    """A poem of 100 bytes in ten chunks from `begin` on, read at once or all at `read`."""
    pace = {"num_bytes": 10, "delay": 0.1, "reads": True}
    named = {"lane": lane, "poem": poem, "size": 100}
    events = [
        event_of(0, stage, "listen", {**named, **pace}),
        event_of(begin, stage, "open", named),
    ]
    for number in range(10):
        t = begin + number / 10
        events.append(Sent(t, stage, lane=lane, bytes=10))
        if read is None:
            events.append(Read(t + 0.01, stage, lane=lane, bytes=10))
    events.append(Close(begin + 1, stage, lane=lane, how="done"))
    if read is not None:
        events.append(Read(read, stage, lane=lane, bytes=100))
    return events


def small_race() -> list[Event]:
    """In the order of time."""
    blocking, broken, crash = STAGES
    events = [
        *lane_events(blocking, 1, "moonlight", 0.1, None),
        *lane_events(blocking, 2, "spring", 1.1, None),
        *lane_events(broken, 1, "moonlight", 0.3, None),
        *lane_events(broken, 2, "spring", 0.3, 1.31),
        *[event for event in lane_events(crash, 1, "moonlight", 0.1, None) if event.t < 0.4],
        *[event for event in lane_events(crash, 2, "spring", 0.2, None) if event.t == 0],
        Close(0.39, crash, lane=1, how="left"),
    ]
    for stage, end, status, cpu, rss in (
        (blocking, 2.12, 0, 0.04, 13_100_000),
        (broken, 1.34, 0, 0.25, 33_000_000),
        (crash, 0.4, 1, 0.02, None),
    ):
        used = {"cpu": cpu} | ({"rss": rss} if rss else {})
        argv = {"argv": ["python", stage, "10000", "10001"], "pid": 4711}
        events.append(event_of(0.0, stage, "start", argv))
        events.append(event_of(end, stage, "exit", {"status": status, **used}))
    told = {
        blocking: ("stdout", "Got 2 poems in 0:00:02.000000"),
        broken: ("stdout", "任务 2：收到 100 字节"),
        crash: ("stderr", "ValueError: I fall \x1b[31mdown"),
    }
    for stage, (stream, text) in told.items():
        events.append(event_of(0.35, stage, "print", {"text": text, "stream": stream}))
    return sorted(events, key=lambda event: event.t)


def without_reads() -> list[Event]:
    """The same where nobody knows what the stages read."""
    return [
        event.but(reads=False) if isinstance(event, Listen) else event
        for event in small_race()
        if not isinstance(event, Read)
    ]
