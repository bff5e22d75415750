"""The encoding of a text file: UTF-8, UTF-16 with a byte order mark, or Windows-1252, of which Latin-1 is a part."""

import codecs
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import IO

UTF_8, UTF_16, WINDOWS = "utf-8", "utf-16", "cp1252"

NAMES = {UTF_8: "UTF-8", UTF_16: "UTF-16", WINDOWS: "Windows-1252"}
"""The encodings that are read, as Python knows them, and their names for messages."""

_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PIECE = 2**22
"""Bytes read at a time."""

_BEYOND_ASCII = re.compile("[\x80-\ud7ff\ue000-\U0010ffff]")
_NOT_UTF_8 = re.compile("[\udc80-\udcff]")
"""Bytes that are not UTF-8, as Python's error handler `surrogateescape` decodes them."""


def find(stream: IO[bytes]) -> str:
    """Reads a stream to its end, and returns the encoding of all its text.

    Text that is not UTF-8 is Windows-1252 if it can be, unless most of its characters beyond ASCII are UTF-8: such text
    is damaged, and for whoever reads it as UTF-8 to refuse.
    """
    if stream.read(2) in _MARKS:
        return UTF_16
    stream.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for piece in iter(lambda: stream.read(_PIECE), b""):
            if not piece.isascii() or decoder.getstate()[0]:
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        stream.seek(0)
        return _of_pieces(iter(lambda: stream.read(_PIECE), b""))
    return UTF_8


def of(text: bytes) -> str | None:
    """The encoding of a part of a text that begins and ends between characters; None if it is ASCII alone."""
    if text.isascii():
        return None
    try:
        text.decode()
    except UnicodeDecodeError:
        return _of_pieces([text])
    return UTF_8


def _of_pieces(pieces: Iterable[bytes]) -> str:
    """The encoding of bytes that are not all UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    excess = 0
    for piece in itertools.chain(pieces, [b""]):
        text = decoder.decode(piece, final=not piece)
        excess += len(_NOT_UTF_8.findall(text)) - len(_BEYOND_ASCII.findall(text))
        try:
            piece.decode(WINDOWS)
        except UnicodeDecodeError:
            return UTF_8
    return WINDOWS if excess >= 0 else UTF_8


def utf_8(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yields the pieces of a stream as they are, or, if they begin with the byte order mark of UTF-16, as UTF-8.

    Raises:
        UnicodeDecodeError: The text is not UTF-16.
    """
    start = b""
    for piece in pieces:
        start += piece
        if len(start) > 1:
            break
    pieces = itertools.chain([start], pieces)
    if not start.startswith(_MARKS):
        yield from pieces
        return
    decoder = codecs.getincrementaldecoder(UTF_16)()
    for piece in pieces:
        yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()
