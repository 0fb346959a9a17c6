"""Who calls our callback? The stack shows it: reactor.run above, our own function at the end."""

import traceback

from twisted.internet import reactor


def show_stack():
    print("The stack, while our callback runs:")
    traceback.print_stack()


reactor.callWhenRunning(show_stack)

print("Starting the reactor.")
reactor.run()
