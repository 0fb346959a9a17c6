"""Tests in Twisted's own way: one waits for a Deferred, one turns a clock by hand."""

import sys

from twisted.internet import reactor, task
from twisted.internet.defer import fail
from twisted.python.reflect import namedAny
from twisted.trial.reporter import Reporter
from twisted.trial.unittest import TestCase, TestSuite


class PoemTest(TestCase):
    def test_waits(self):
        return task.deferLater(reactor, 0.2, lambda: print("waited"))

    def test_clock(self):
        clock, called = task.Clock(), []
        clock.callLater(5, called.append, "late")
        clock.advance(5)
        assert called == ["late"]

    def test_failure(self):
        self.failureResultOf(fail(ValueError("no poem")), ValueError)


suite = TestSuite(PoemTest(f"test_{name}") for name in ("waits", "clock", "failure"))
result = Reporter(stream=sys.stderr)
suite.run(result)
print(result.testsRun, "tests,", len(result.failures) + len(result.errors), "wrong")
namedAny("twisted.internet.reactor").fireSystemEvent("shutdown")
# prints: waited
# prints: 3 tests, 0 wrong
