"""5.1: a time-out for client 2.0."""

from companion.check.timeouts import closes, gives_up, half_a_poem, in_time

CHECKS = (gives_up, closes, half_a_poem, in_time)
