"""21.3: the poetry servers in Haskell, as one program."""

from companion.check.native_servers import at_once, left, pace, serves

NAME = "poetry-server.hs"
CHECKS = (serves, pace, at_once, left)
