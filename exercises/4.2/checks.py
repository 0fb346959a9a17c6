"""4.2: a time-out for client 1.0."""

from companion.check.timeouts import closes, gives_up, in_time

CHECKS = (gives_up, closes, in_time)
