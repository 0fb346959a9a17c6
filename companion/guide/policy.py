"""What a browser may do on a page of the guide: its Content-Security-Policy, the same for all.

Nothing inline runs but the few texts that are named here by their hashes, so that whatever a
program prints, or a reader writes, stays text. An attribute `style` has no hash: no page has any.
"""

from base64 import b64encode
from functools import cache
from hashlib import sha256

from companion.diff.html import asset, template
from companion.render.svg import STYLE
from companion.trace.player import module


@cache
def policy() -> str:
    """The value of the header."""
    styles = (template("page.css").render(), asset("player.css"), STYLE)
    allowed = {
        "default-src": "'none'",
        "style-src": " ".join(["'self'", *map(hashed, styles)]),
        "script-src": f"'self' {hashed(module())}",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


def hashed(text: str) -> str:
    """A text as the policy names it."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
