"""What does a program do that only starts the reactor? It waits, for nothing, until Ctrl-C."""

from twisted.internet import reactor

reactor.run()
