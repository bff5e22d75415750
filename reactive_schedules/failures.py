"""An error on one line: its reason, without what TensorFlow, Keras and Beam wrap it in, and the line of user code."""

import re
from collections.abc import Iterator
from pathlib import Path

from reactive_schedules import redaction
from reactive_schedules.installed import is_users
from reactive_schedules.printable import one_line

LONGEST_REASON = 400

_FILE = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')

_GENERATED = "__autograph_generated_file"
"""Part of the name of files in which TensorFlow puts the user's code; its message names the original."""

_TRACEBACK = re.compile(r"\A.*Traceback \(most recent call last\):\n(?:\s.*?\n)*?(?=\S)", re.DOTALL)
"""The traceback of another process, which Beam puts before the error."""

_TYPED = re.compile(r"^(?:[a-z_][\w]*\.)*([A-Z]\w*(?:Error|Exception|Exit|Interrupt)): +(?=\S)")
"""The type of an error within the text of another."""

_WRAPPED = (
    re.compile(
        r'An error occurred while trying to apply the transformation: "(.*)"\.\s+Batch instances:', re.DOTALL
    ),
    re.compile(r"Exception encountered when calling (?:.*?)\n\s*\x1b\[1m(.*?)\x1b\[0m", re.DOTALL),
    re.compile(
        r"Exception encountered when calling [^\n]*\n+(.*?)(?:\n+Arguments received by .*)?$", re.DOTALL
    ),
    re.compile(r"in user code:\n.*\n    (\w*(?:Error|Exception): .*)$", re.DOTALL),
    re.compile(r"root error\(s\) found\.\s+\(0\) [A-Z_]+: +(.*?)(?:\n\s*\(1\) .*)?$", re.DOTALL),
    re.compile(r"Error encountered: *(.*)$", re.DOTALL),
)
"""Texts of libraries around a reason, which is the group."""

_NOISE = (
    (re.compile(r"^.*Graph execution error:\s*", re.DOTALL), ""),
    (re.compile(r"Detected at node .*?\(most recent call last\):\s*"), ""),
    (re.compile(r'<stack traces unavailable>|^(?:\s*File "[^\n]*\n)+'), ""),
    (re.compile(r"\n\s*\[\[[^\]]*\]\]|\[Op:[^\]]*\]|\{\{function_node [^}]*\}\}"), ""),
    (re.compile(r"'\{\{node ([^}]*)\}\} = [^']*'"), r"'\1'"),
    (re.compile(r" *\[while running '[^']*'\]"), ""),
    (re.compile(r"^detected at node [^\n]*\n"), ""),
    (re.compile(r"\b(?:[\w.]+/){2,}([\w.]+)(?= \[)"), r"\1"),
)  # fmt: skip
"""What is no part of a reason; of the name of a tensor in nested functions, the last part is enough."""


def summary_of(error: BaseException) -> str:
    """Type and reason of an error of any kind, and the line of the user's code, without credentials."""
    text, kind = _unwrapped(redaction.text(str(error)), type(error).__name__)
    reason = one_line(text, LONGEST_REASON)
    place = _place(error)
    return (f"{kind}: {reason}" if reason else kind) + (f" ({place})" if place else "")


def _unwrapped(text: str, kind: str) -> tuple[str, str]:
    """Returns the reason within the text of an error, and its type."""
    text = _TRACEBACK.sub("", text)
    before = None
    while text != before:
        before = text
        if typed := _TYPED.match(text):
            kind, text = typed[1], text[typed.end() :]
        for pattern in _WRAPPED:
            if found := pattern.search(text):
                text = found[1]
        for pattern, replacement in _NOISE:
            text = pattern.sub(replacement, text)
        text = text.strip()
    return text, kind


def _place(error: BaseException) -> str:
    """The last line of the user's code that an error came through; empty if there is none."""
    for each in _chain(error):
        for file, line, function in [*reversed(_FILE.findall(str(each))), *reversed([*_frames(each)])]:
            path = Path(file)
            if path.is_absolute() and path.is_file() and is_users(path) and _GENERATED not in path.name:
                where = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
                return f"{where}, line {line}" + ("" if function.startswith("<") else f", in {function}")
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _frames(error: BaseException) -> Iterator[tuple[str, str, str]]:
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        yield code.co_filename, str(traceback.tb_lineno), code.co_name
        traceback = traceback.tb_next
