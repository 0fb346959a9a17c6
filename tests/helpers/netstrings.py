"""What is sent to a transform server, and what comes back."""


def netstring(text: bytes) -> bytes:
    return b"%d:%s," % (len(text), text)
