"""How does one choose another reactor? By installing it before the reactor is first imported."""

from twisted.internet import pollreactor

pollreactor.install()

from twisted.internet import reactor  # noqa: E402 (the first import would install the default)

reactor.run()
