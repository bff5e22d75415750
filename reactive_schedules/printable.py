"""Text for a terminal or a log."""

import re

# Control characters except newline and tab, line separators, marks that reverse the order of text, halves of surrogate
# pairs, which stand for undecodable bytes in names of files, and spaces without a width, such as a byte order mark.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")


def printable(text: object) -> str:
    """The text with its control characters as escapes, such as `\\x1b`, so that none of them reaches a terminal."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), str(text))


def one_line(text: object, most: int = 500) -> str:
    """The text on one line, such as the message of another library.

    Args:
        text: Its lines are joined by spaces; other invisible characters become escapes.
        most: Number of characters to which the line is cut.
    """
    lines = " ".join(filter(None, map(str.strip, str(text).split("\n"))))
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in lines[: most + 1])
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
