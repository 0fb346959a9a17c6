"""A blocking client of a line server: it takes a second before each line."""

import socket
import sys
import time

with socket.create_connection(("localhost", int(sys.argv[1]))) as sock:
    for words in ("a leaf falls", "loneliness"):
        time.sleep(1)
        sock.sendall(words.encode() + b"\r\n")
        print(sock.recv(1024).decode().rstrip())
