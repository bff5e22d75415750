"""Text for a terminal or a log."""

import re

# Control characters except newline and tab, line separators, marks that reverse the order of text, and halves of
# surrogate pairs, which stand for undecodable bytes in names of files.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: object) -> str:
    """The text with its control characters as escapes, such as `\\x1b`, so that none of them reaches a terminal."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), str(text))
