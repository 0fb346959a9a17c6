"""Who may come in: a portal, a realm and a checker."""

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.credentials import UsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.cred.portal import IRealm, Portal
from twisted.internet.defer import inlineCallbacks
from zope.interface import Interface, implementer


class IReader(Interface):
    """Somebody who reads."""


@implementer(IRealm)
class Library:
    def requestAvatar(self, avatarId, mind, *interfaces):
        return IReader, avatarId.decode(), lambda: print("goes")


@inlineCallbacks
def main():
    checker = InMemoryUsernamePasswordDatabaseDontUse(ann=b"snow")
    portal = Portal(Library(), [checker])
    for password in (b"snow", b"rain"):
        try:
            _, reader, leave = yield portal.login(UsernamePassword(b"ann", password), None, IReader)
        except UnauthorizedLogin:
            print("not", password.decode())
        else:
            print(reader, "comes")
            leave()


main()
# prints: ann comes
# prints: goes
# prints: not rain
