import unicodedata

import pytest

from components.errors import UserError
from reactive_schedules.errors import SpecError
from reactive_schedules.printable import one_line, printable
from tests.hostile import ESCAPES


def test_control_characters_become_escapes():
    shown = printable(ESCAPES)
    assert shown == (
        r"\x1b[31mred\x1b]8;;https://example.org\x07link \x9b2J \r\x08 \u202egnirts \u2028 \udcff \x00"
    )
    assert printable(shown) == shown


def test_all_other_text_stays_as_it_is():
    text = "größe\tpreis\n東京 👩\u200d🔬 الاسم [red] \\x1b"
    assert printable(text) == text


def test_nothing_that_unicode_calls_a_control_character_is_left():
    every = "".join(map(chr, range(0x3000)))
    left = {c for c in printable(every) if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")}
    assert left == {"\n", "\t"}


def test_names_that_differ_in_a_space_without_a_width_look_different():
    assert (
        printable("\ufeffval_loss val\u200b_loss val_\u2060loss")
        == r"\ufeffval_loss val\u200b_loss val_\u2060loss"
    )


@pytest.mark.parametrize("kind", [UserError, SpecError])
def test_errors_have_printable_messages(kind):
    assert str(kind(f"column {ESCAPES}: is missing")) == f"column {printable(ESCAPES)}: is missing"
    assert str(kind("two\nlines")) == "two\nlines"


def test_a_long_value_is_cut():
    (first, second) = str(SpecError(f"peak: got {'9' * 5000}\nrate: is missing")).split("\n")
    assert first == f"peak: got {'9' * 489}…"
    assert second == "rate: is missing"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (" first \n\n\t second\r\nthird\x85", "first second third"),
        ("'a  b'\t\u200b\udcff\x1b[2J", r"'a  b'\t\u200b\udcff\x1b[2J"),
        ("größe 東京", "größe 東京"),
        ("\n", ""),
        (ValueError("wrong"), "wrong"),
    ],
)
def test_one_line(text, shown):
    assert one_line(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("x" * 10, "x" * 10), ("x" * 11, "x" * 9 + "…"), ("\x1b" * 3, r"\x1b\x1b\…")]
)
def test_one_line_is_cut(text, shown):
    assert one_line(text, 10) == shown
