"""8.1: a time-out for get_poetry of client 4.0."""

from companion.check.timeouts import closes, gives_up, half_a_poem, in_time, once

CHECKS = (gives_up, closes, once, half_a_poem, in_time)
