"""Reads requests from gunicorn's connections as they arrive, without waiting, until they are complete."""

import os
import re
import socket
from io import BytesIO
from typing import Any

from gunicorn.http import errors
from gunicorn.http.body import ChunkedReader

MAX_BODY = 4 * 1024 * 1024  # bytes; a longer body is rejected before it is read
MAX_PIECE = 64 * 1024  # bytes read at once
MAX_HEAD = 32 * 1024  # bytes of the request line and headers
_MAX_CHUNKED = 2 * MAX_BODY  # bytes of a chunked body, including the chunk sizes; a longer one is rejected
_MAX_CHUNK_LINE = 8 * 1024
_MAX_CHUNKS = 50_000  # twice the words of a large batch, for a client that sends each word as a chunk
_PIECE_OF_CHUNKS = 4 * 1024

_WITHOUT_TAKING = int(socket.MSG_PEEK | socket.MSG_DONTWAIT)  # combined once: flags are slow

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*0*([0-9]{1,10})", re.IGNORECASE)
_CODED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[ \t]*chunked[ \t]*\r\n", re.IGNORECASE)
_EXPECTS = re.compile(rb"[^\r\n]* HTTP/1\.1\r\n(?:[^\r\n]+\r\n)*?expect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_CHUNK_SIZE = re.compile(rb"[0-9a-f]{1,8}(?=[;\r \t])", re.IGNORECASE)


class BodyTooLong(errors.ParseException):
    """The body is longer than MAX_BODY."""


def is_gone(client: socket.socket) -> bool:
    """Return whether the client has closed the connection, so that its request need not be handled.

    A client that closed only its sending side looks the same and counts as gone, as it does for nginx.
    """
    try:
        return not client.recv(1, _WITHOUT_TAKING)
    except BlockingIOError:
        return False
    except OSError:
        return True


def has_arrived(conn: Any) -> bool:
    """Read what has arrived of a connection's next request, and return whether a thread can handle it now.

    If so, `conn.arrived` is its Arrival.
    """
    conn.init()
    conn.data_ready = True  # so that the thread does not wait for data
    conn.sock.setblocking(False)
    received: BytesIO = conn.parser.unreader.buf
    arrival = vars(conn).setdefault("arrival", Arrival())
    try:
        while arrival.lacks_more(received, conn.sock):
            if not (more := conn.sock.recv(MAX_PIECE)):
                break  # the client sent no more, which the thread will notice
            received.seek(0, os.SEEK_END)
            received.write(more)
    except BlockingIOError:
        return False
    except OSError:
        pass  # the connection is broken, which the thread will notice
    conn.arrived = arrival
    del conn.arrival
    return True


class Arrival:
    """How much of a request has arrived.

    `is_complete`: all of it, so that no thread has to wait for the rest. `beginning`: its first 80 bytes, with the
    method and the start of the path.
    """

    def __init__(self) -> None:
        self.is_complete = False
        self.beginning = b""
        self._asked = False  # whether "100 Continue" was sent, which some clients wait for before they send the body
        self._chunk = 0  # position of the first chunk that has not arrived
        self._chunks = 0  # number of chunks that have arrived

    def lacks_more(self, received: BytesIO, client: socket.socket) -> bool:
        """Return whether more must arrive before a thread can handle the request. False if it will be rejected."""
        size = received.seek(0, os.SEEK_END)
        if not size:  # as always on a connection that was kept
            return True
        head = _head(received)
        self.beginning = head[:80]
        if not head.endswith(_END):
            return len(head) < MAX_HEAD
        announced = _announced(head)
        self.is_complete = 0 < announced <= size
        if not announced and not _CHUNKED.search(head):
            return False
        if size == len(head) != announced and not self._asked and _EXPECTS.match(head):
            self._asked = True
            client.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        return size < announced if announced else self._lacks_chunks(received, len(head), size)

    def _lacks_chunks(self, received: BytesIO, begin: int, size: int) -> bool:
        self._chunk = max(self._chunk, begin)
        while self._chunk < size <= _MAX_CHUNKED and self._chunks <= _MAX_CHUNKS:
            received.seek(self._chunk)
            line = received.readline(_MAX_CHUNK_LINE)
            if not line.endswith(b"\n"):
                return len(line) < _MAX_CHUNK_LINE
            if not (found := _CHUNK_SIZE.match(line)):
                return False
            if (length := int(found[0], 16)) == 0:
                received.seek(self._chunk + len(line) - len(b"\r\n"))  # after the last chunk there can be trailers
                return _END not in received.read(MAX_HEAD)
            self._chunk += len(line) + length + len(b"\r\n")
            self._chunks += 1
        return size <= _MAX_CHUNKED and self._chunks <= _MAX_CHUNKS


def _head(received: BytesIO) -> bytes:
    """Return the head of the request, including the empty line that ends it, or what has arrived of the head."""
    received.seek(0)
    head, end, _ = received.read(MAX_HEAD).partition(_END)
    return head + end


def _announced(head: bytes) -> int:
    """Return the length of the request with this head: 0 if the head does not say, or if the body is too long."""
    length = _LENGTH.search(head)
    body = int(length[1]) if length else 0
    return 0 if body > MAX_BODY or _CODED.search(head) or not head.endswith(_END) else len(head) + body


def complete(req: Any) -> None:
    """Read the body of a request and set its Content-Length, which the head may lack. Raises gunicorn's errors."""
    if sum(len(name) + len(": \r\n") + len(value) for name, value in req.headers) > MAX_HEAD:
        raise errors.LimitRequestHeaders("too many bytes")
    codings = [value for name, value in req.headers if name == "TRANSFER-ENCODING"]
    if any(coding.lower() != "chunked" for coding in codings):
        raise errors.UnsupportedTransferCoding(", ".join(codings))
    announced = next((int(value) for name, value in req.headers if name == "CONTENT-LENGTH"), None)
    if announced is not None and announced > MAX_BODY:
        raise BodyTooLong
    body = _dechunked(req) if codings else req.body.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        raise BodyTooLong
    if announced is not None and len(body) < announced:
        raise errors.NoMoreData
    req.headers = [header for header in req.headers if header[0] not in ("CONTENT-LENGTH", "TRANSFER-ENCODING")]
    req.headers.append(("CONTENT-LENGTH", str(len(body))))
    req.body = BytesIO(body)


def is_read(req: Any) -> bool:
    """Return whether nothing of the request's body is left on its connection: it is read, or `complete` took it."""
    reader = getattr(req.body, "reader", None)
    return reader is None or (reader.length == 0 and not req.body.failed)


def _dechunked(req: Any) -> bytes:
    body = bytearray()
    unreader: Any = _InPieces(req.unreader)
    pieces: Any = ChunkedReader(req, unreader).parser
    for number, piece in enumerate(pieces):
        body += piece
        if len(body) > MAX_BODY or number > _MAX_CHUNKS:
            raise BodyTooLong
    return bytes(body)


class _InPieces:
    """Gives gunicorn's chunk reader small pieces, because it copies all it has been given for each chunk."""

    def __init__(self, unreader: Any) -> None:
        self._unreader = unreader
        self._arrived = BytesIO(unreader.take_buffered())

    def read(self, size: int | None = None, read_ahead: int | None = None) -> bytes:
        read: bytes = self._arrived.read(_PIECE_OF_CHUNKS) or self._unreader.read(size, read_ahead)
        return read

    def unread(self, data: bytes) -> None:
        """Put back what follows the body: the connection's next request."""
        self._unreader.unread(data + self._arrived.read())
