"""6.1: a time-out for get_poetry of client 3.1."""

from companion.check.timeouts import closes, gives_up, half_a_poem, in_time, once

CHECKS = (gives_up, once, closes, half_a_poem, in_time)
