"""How a camera was held, in the first bytes of an image file (EXIF 2.32, tag 0x0112)."""

import re

UPRIGHT = 1
"""The orientation of an image whose pixels are stored as they are seen; there are 8 of them."""

HEAD_BYTES = 2**12
"""Bytes of a file that are searched: cameras and programs write the EXIF data first."""

_LITTLE = r"II\*\x00\x08\x00\x00\x00\C\C(?:\C{12}){0,60}?\x12\x01\x03\x00\x01\x00\x00\x00([\x01-\x08])"
_BIG = r"MM\x00\*\x00\x00\x00\x08\C\C(?:\C{12}){0,60}?\x01\x12\x00\x03\x00\x00\x00\x01\x00([\x01-\x08])"

PATTERN = rf"(?:Exif\x00\x00|eXIf)(?:{_LITTLE}|{_BIG})"
"""Regular expression of RE2: a directory of entries of 12 bytes, of which one is the orientation. The graph uses it."""

_HERE = re.compile(PATTERN.replace(r"\C", r"[\s\S]").encode())


def orientation(head: bytes) -> int:
    """Returns the orientation that the graph finds in the first bytes of an image file."""
    found = _HERE.search(head[:HEAD_BYTES])
    return (found[1] or found[2])[0] if found else UPRIGHT
