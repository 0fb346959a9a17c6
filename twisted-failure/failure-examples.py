"""What does a Failure know of its exception? The traceback too, if made while it is handled."""

from twisted.python.failure import Failure


class RhymeError(Exception):
    pass


def find_rhyme(word):
    raise RhymeError(f"nothing rhymes with {word}")


print("A Failure around an exception that nobody raised:")
print(Failure(RhymeError("nothing rhymes with month")))

try:
    find_rhyme("orange")
except RhymeError:
    failure = Failure()

print("A Failure made in an except block, and printed after it:")
print(failure)
print(failure.getTraceback())
