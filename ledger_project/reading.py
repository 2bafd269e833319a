"""Requests as they arrive on gunicorn's connections: read without waiting, by what their heads announce."""

import os
import re
import socket
from io import BytesIO
from math import inf
from typing import Any

from gunicorn.http import errors

MAX_BODY = 4 * 1024 * 1024  # bytes; a longer body is rejected before it is read
MAX_PIECE = 64 * 1024  # read at once
MAX_HEAD = 32 * 1024

_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,10})", re.IGNORECASE)
# The body comes in chunks, or once it is asked for.
_UNTOLD = re.compile(rb"\r\n(?:transfer-encoding|expect):", re.IGNORECASE)


class BodyTooLong(errors.ParseException):
    """The body is longer than any that is served."""


def is_gone(client: socket.socket) -> bool:
    """Return whether the client has closed the connection, and what it asked for need not be done.

    One that has closed its sending side alone looks the same, and is taken for gone, as nginx takes it.
    """
    try:
        return not client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True


def has_arrived(conn: Any) -> bool:
    """Take what there is of a connection's next request; return whether a thread can go on with it."""
    conn.init()
    conn.data_ready = True  # nor is there anything to wait for in the thread
    conn.sock.setblocking(False)
    received: BytesIO = conn.parser.unreader.buf
    try:
        while _announced(received) > received.seek(0, os.SEEK_END):
            if not (more := conn.sock.recv(MAX_PIECE)):
                return True  # it has ended, and the thread will see it
            received.write(more)
    except BlockingIOError:
        return False
    except OSError:
        return True  # it is broken, and the thread will see it
    return True


def is_whole(conn: Any) -> bool:
    """Return whether all of a request has arrived, and no thread will wait for the rest of it."""
    received: BytesIO = conn.parser.unreader.buf
    return 0 < _announced(received) <= received.seek(0, os.SEEK_END)


def head_of(conn: Any) -> bytes:
    """Return the first bytes of the request that has arrived: its method and what there is of its address."""
    received: BytesIO = conn.parser.unreader.buf
    received.seek(0)
    return received.read(80)


def _announced(received: BytesIO) -> float:
    """Return how long the request is that begins with this: infinity while its head comes, 0 if that does not tell."""
    received.seek(0)
    head, end, _ = received.read(MAX_HEAD).partition(b"\r\n\r\n")
    if not end:
        return inf if len(head) < MAX_HEAD else 0
    length = _LENGTH.search(head)
    body = int(length[1]) if length else 0
    return 0 if body > MAX_BODY or _UNTOLD.search(head) else len(head) + len(end) + body


def complete(req: Any, client: socket.socket) -> None:
    """Read the body of a request whose head did not tell its length, and have the request tell it."""
    if sum(len(name) + len(": \r\n") + len(value) for name, value in req.headers) > MAX_HEAD:
        raise errors.LimitRequestHeaders("too many bytes")
    codings = [value for name, value in req.headers if name == "TRANSFER-ENCODING"]
    if any(coding.lower() != "chunked" for coding in codings):
        raise errors.UnsupportedTransferCoding(", ".join(codings))
    announced = next((int(value) for name, value in req.headers if name == "CONTENT-LENGTH"), None)
    if announced is not None and announced > MAX_BODY:
        raise BodyTooLong
    if req._expected_100_continue:
        client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        req._expected_100_continue = False
    body = req.body.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise BodyTooLong
    if announced is not None and len(body) < announced:
        raise errors.NoMoreData
    req.headers = [header for header in req.headers if header[0] not in ("CONTENT-LENGTH", "TRANSFER-ENCODING")]
    req.headers.append(("CONTENT-LENGTH", str(len(body))))
    req.body = BytesIO(body)
