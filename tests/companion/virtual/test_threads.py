"""Threads wait for each other in simulated time, and show none of the tool's frames."""

import pytest

from tests.helpers.fixtures import Play

WAITS = {
    "lock": ("lock = threading.Lock(); lock.acquire()", "lock.acquire(timeout=3)", "False"),
    "rlock": (
        "lock = threading.RLock(); other = threading.Thread(target=lambda: (lock.acquire(), "
        "time.sleep(9)), daemon=True); other.start(); time.sleep(0)",
        "lock.acquire(timeout=3)",
        "False",
    ),
    "event": ("event = threading.Event()", "event.wait(3)", "False"),
    "event that comes": (
        "event = threading.Event(); threading.Timer(3, event.set).start()",
        "event.wait()",
        "True",
    ),
    "condition": (
        "there = threading.Condition(); there.acquire()",
        "there.wait_for(lambda: False, 3)",
        "False",
    ),
    "semaphore": ("some = threading.Semaphore(0)", "some.acquire(timeout=3)", "False"),
    "barrier": (
        "both = threading.Barrier(2); threading.Timer(3, both.wait).start()",
        "both.wait() in (0, 1)",
        "True",
    ),
    "queue": (
        "some = queue.Queue(); threading.Timer(3, some.put, ['it']).start()",
        "some.get()",
        "it",
    ),
    "simple queue": (
        "some = queue.SimpleQueue(); threading.Timer(3, some.put, ['it']).start()",
        "some.get()",
        "it",
    ),
    "future": (
        "pool = futures.ThreadPoolExecutor(); future = pool.submit(work, 3)",
        "future.result()",
        "3",
    ),
    "pool": (
        "pool = futures.ThreadPoolExecutor(2)",
        "list(pool.map(work, (1, 1, 2)))",
        "[1, 1, 2]",
    ),
    "as_completed": (
        "pool = futures.ThreadPoolExecutor()",
        "[f.result() for f in futures.as_completed([pool.submit(work, n) for n in (3, 1, 2)])]",
        "[1, 2, 3]",
    ),
    "multiprocessing's pool of threads": (
        "from multiprocessing.pool import ThreadPool; pool = ThreadPool(3)",
        "pool.map(work, (1, 2, 3))",
        "[1, 2, 3]",
    ),
    "deep": ("import _thread; some = queue.Queue(); "
             "_thread.start_new_thread(lambda: some.put(work(3)), ())", "some.get()", "3"),
}  # fmt: skip


@pytest.mark.parametrize(("before", "wait", "found"), WAITS.values(), ids=WAITS)
def test_a_wait_takes_simulated_time(before: str, wait: str, found: str, play: Play) -> None:
    run = play(
        f"""
        import queue, threading, time
        from concurrent import futures
        def work(seconds):
            time.sleep(seconds)
            return seconds
        {before}
        print({wait}, round(time.monotonic(), 1))
        """
    )
    assert (run.stdout, run.status) == (f"{found} 3.0\n", 0), run.ended + run.stderr


def test_a_queue_that_nobody_fills_is_waited_for_for_ever(play: Play) -> None:
    run = play("import queue\nqueue.Queue().get()\n")
    assert (run.how, run.ended) == ("waits for ever", "waits for ever from t=0.000 s in acquire")


def test_asyncio_and_trio_wait_for_threads(play: Play) -> None:
    pytest.importorskip("trio")
    run = play(
        """
        import asyncio, time, trio
        async def main():
            await asyncio.gather(*(asyncio.to_thread(time.sleep, n) for n in (1, 2)))
        asyncio.run(main())
        print(time.monotonic())
        trio.run(trio.to_thread.run_sync, time.sleep, 3)
        print(time.monotonic())
        """
    )
    assert (run.stdout, run.status) == ("2.0\n5.0\n", 0), run.ended + run.stderr


def test_no_frame_of_the_tool_is_in_a_thread_s_traceback(play: Play) -> None:
    run = play(
        """
        import threading, time
        def work():
            time.sleep(1)
            time.sleep(-1)
        threading.Thread(target=work).start()
        """
    )
    lines = run.stderr.splitlines()
    assert (lines[0], lines[-1]) == (
        "Exception in thread Thread-1 (work):",
        "ValueError: sleep length must be non-negative",
    )
    assert "companion" not in run.stderr.replace("/tests/companion/", "")
    assert [line for line in lines if "program.py" in line] == [lines[-3]]


def test_a_thread_is_alive_until_it_has_ended(play: Play) -> None:
    run = play(
        """
        import threading, time
        thread = threading.Thread(target=time.sleep, args=(1,))
        print(thread.is_alive())
        thread.start()
        print(thread.is_alive(), threading.active_count())
        time.sleep(1.5)
        print(thread.is_alive(), threading.active_count())
        """
    )
    assert run.stdout == "False\nTrue 2\nFalse 1\n"


def test_a_thread_that_only_looks_lets_time_pass_for_everybody(play: Play) -> None:
    run = play(
        """
        import threading, time
        def spin(name):
            while time.monotonic() < 0.01:
                time.sleep(0)
            print(name)
        for name in "ab":
            threading.Thread(target=spin, args=(name,)).start()
        time.sleep(0.005)
        print("main")
        """
    )
    words = run.stdout.split()
    assert (words[0], sorted(words)) == ("main", ["a", "b", "main"]), run.ended
    assert run.seconds == pytest.approx(0.01, abs=1e-3)


def test_of_a_pool_of_twisted_s_who_has_rested_longest_works_next(play: Play) -> None:
    runs = [
        play(
            """
            import threading, time
            from twisted.internet import reactor
            from twisted.internet.threads import deferToThread
            def work(seconds):
                time.sleep(seconds)
                print(threading.current_thread().name.rpartition("-")[2])
            for number in range(4):
                deferToThread(work, number / 10)
            for number in range(4):
                reactor.callLater(1 + number / 10, deferToThread, work, 0.3)
            reactor.callLater(3, reactor.stop)
            reactor.run()
            """
        )
        for _ in range(3)
    ]
    assert [run.stdout.split() for run in runs] == [[*"01230123"]] * 3, runs[0].stderr
