"""20.6: the poetry servers in Erlang, as one program."""

from companion.check.native_servers import at_once, left, pace, serves

NAME = "poetry-server"
CHECKS = (serves, pace, at_once, left)
