"""What does Twisted's log show of messages, errors, exceptions and failures, and from when on?"""

import sys

from twisted.internet.defer import Deferred
from twisted.python import log


def break_down(result):
    raise RuntimeError("raised in a callback")


log.msg("A message before logging has started: nobody will see it.")

log.startLogging(sys.stdout)

log.msg("A message.")
log.err("An error that is only a text.")

try:
    raise RuntimeError("raised in a try")
except RuntimeError:
    log.err()

d = Deferred()
d.addCallback(break_down)
d.addErrback(log.err)
d.callback(None)
