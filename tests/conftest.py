"""What holds for every test: a bound on its time, and nothing left behind in the reactor."""

import atexit
import functools
import gc
import inspect
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
import pytest_twisted
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import ILogObserver, globalLogPublisher
from zope.interface import provider

from companion.cli import commands
from tests.helpers.fixtures import Typed

# Seconds. A Deferred's bound comes first: an alarm would go off in the reactor, which logs what
# is raised there and goes round for ever. A test stuck in C is ended by faulthandler_timeout.
DEFERRED_LIMIT = 110
PLAIN_LIMIT = 120


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function):
            item.obj = bounded(item.obj)


def bounded(test: Callable[..., Any]) -> Callable[..., Any]:
    """The test, whose Deferred fails with TimeoutError where it does not fire in time."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> Any:
        result = test(*args, **kwargs)
        if inspect.iscoroutine(result):
            result = Deferred.fromCoroutine(result)
        if isinstance(result, Deferred):
            result.addTimeout(DEFERRED_LIMIT, reactor)
        return result

    return run


# Part 15's stage belongs to trial; test_as_printed.py runs it there.
collect_ignore = ["test_poetry.py"]
gc.disable()  # until the tests are collected: all that is made so far stays


def pytest_collection_finish() -> None:
    # A collection after each test need not look at it again, nor does the interpreter at its end.
    gc.freeze()
    gc.enable()
    atexit.register(gc.freeze)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    def too_late(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"the test took more than {PLAIN_LIMIT} seconds")

    before = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, PLAIN_LIMIT)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def failures_seen() -> Iterator[list[Any]]:
    """The failures that Twisted logs meanwhile."""
    failures: list[Any] = []

    @provider(ILogObserver)
    def observe(event: dict[str, Any]) -> None:
        if event.get("log_failure"):
            failures.append(event["log_failure"])

    globalLogPublisher.addObserver(observe)
    try:
        yield failures
    finally:
        globalLogPublisher.removeObserver(observe)


@pytest.fixture
def logged_failures() -> Iterator[list[Any]]:
    """The failures that Twisted logs during a test; one that expects some clears the list."""
    with failures_seen() as failures:
        yield failures


def left_in_reactor() -> list[Any]:
    """The delayed calls, sockets and ports that the reactor holds, but for its own."""
    held = {*reactor.getReaders(), *reactor.getWriters()} - reactor._internalReaders  # type: ignore[attr-defined]
    return [*reactor.getDelayedCalls(), *held]


@pytest.fixture(autouse=True)
def nothing_left_behind(logged_failures: list[Any]) -> Iterator[None]:
    """Fail a test that leaves a delayed call, an open port or an unhandled error behind."""
    yield
    for turn in (0.0, 0.01, 0.1):
        if not left_in_reactor():
            break
        pytest_twisted.blockon(deferLater(reactor, turn))  # a closed connection takes a turn
    left = left_in_reactor()
    told = [str(thing) for thing in left]
    for thing in left:
        thing.cancel() if hasattr(thing, "cancel") else drop(thing)
    gc.collect()  # only now does a Deferred with an unhandled error say so
    gc.freeze()  # what is kept beyond its test is looked at once more at the end
    told += [failure.getErrorMessage() for failure in logged_failures]
    if told:
        pytest.fail(f"left behind: {'; '.join(told)}", pytrace=False)


@pytest.fixture(scope="session", autouse=True)
def nothing_left_at_the_end() -> Iterator[None]:
    """Fail where what was kept beyond its test held an unhandled error."""
    yield
    with failures_seen() as failures:
        gc.unfreeze()
        gc.collect()
    told = [failure.getErrorMessage() for failure in failures]
    if told:
        pytest.fail(f"left behind: {'; '.join(told)}", pytrace=False)


@pytest.fixture(autouse=True)
def in_another_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No test leans on the folder that pytest was typed in."""
    monkeypatch.chdir(tmp_path_factory.getbasetemp())


def drop(reader: Any) -> None:
    """Take a reader out of the reactor and close it, for the tests to come."""
    reactor.removeReader(reader)
    reactor.removeWriter(reader)
    for end in ("abortConnection", "stopListening", "loseConnection"):
        if hasattr(reader, end):
            getattr(reader, end)()
            break


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """Type a command, in this process and in English; gives its status, output and errors."""
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")

    def type_command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["companion", *words])
        with pytest.raises(SystemExit) as ended:
            commands.main()
        out, err = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, out, err

    return type_command
