import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reactive_schedules import documents
from reactive_schedules.documents import DocumentError, all_from_yaml, from_json, from_yaml
from tests.mutations import fault

LEVELS = "\n".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9))
BOMB = f"a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n{LEVELS}\n"
MERGES = "a0: &a0 {b: 1, c: 2}\n" + "\n".join(
    f"a{i}: &a{i} {{<<: [{', '.join([f'*a{i - 1}'] * 10)}]}}" for i in range(1, 9)
)
CHAIN = "a0: &a0 [1]\n" + "\n".join(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 1000))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("a: [1, -2, 0.5, 1.5e-3, true, null, no, text]", {"a": [1, -2, 0.5, 0.0015, True, None, False, "text"]}),
        ("a: 1e-3", {"a": "1e-3"}),  # text in YAML 1.1; fields of numbers accept it
        ("a: '2024-01-01'", {"a": "2024-01-01"}),
        ("a: !!str 010", {"a": "010"}),
        ("a: &a {b: 1}\nc: {<<: *a, b: 2}", {"a": {"b": 1}, "c": {"b": 2}}),
        ("a: &a [1]\nb: *a", {"a": [1], "b": [1]}),
        ("&a name: *a", {"name": "name"}),
        (f"a: {2**63 - 1}", {"a": 2**63 - 1}),
        ("[" * 50 + "]" * 50, json.loads("[" * 50 + "]" * 50)),
    ],
)  # fmt: skip
def test_plain_values(text, value):
    assert from_yaml(text) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, r"line \d: more than 100,000 values, with aliases expanded"),
        (MERGES, r"line \d: more than 100,000 values, with aliases expanded"),
        (CHAIN, r"more than 50 lists or mappings inside each other"),
        ("[" * 100_000, "line 1: more than 50 lists or mappings inside each other"),
        ("{a: " * 100_000, "line 1: more than 50 lists or mappings inside each other"),
        ("x: [" + "1," * 300_000 + "1]", "more than 100,000 values"),
        ("# " + "x" * 2**20, "more than 1,048,576 characters"),
        ("a: &a {x: *a}", "line 1: the anchor contains an alias of itself; remove the alias"),
        ("a: &a [*a]", "line 1: the anchor contains an alias of itself; remove the alias"),
        ("a: *b", "is not valid YAML at line 1: found undefined alias"),
        ("a: [", "is not valid YAML at line 1: "),
        ("a: 1\n---\nb: 2", "has more than one document"),
        ("a: 1\nb: 2\na: 3", "line 3: duplicate key a; keep one"),
        ("a: " + "9" * 400, "line 1: the integer 99999999999999999999… has more than 64 bits"),
        ("a: " + "9" * 40_000, "has more than 64 bits"),
        ("a: 1.0e+400", "line 1: the number 1.0e.400 is not finite"),
        ("a: .inf", "line 1: .inf is a number in YAML that other programs read differently"),
        ("a: 1_1", "1_1 is a number in YAML that other programs read differently; .* in quotes if it is text"),
        ("a: 010", "010 is a number in YAML"),
        ("a: 0x10", "0x10 is a number in YAML"),
        ("a: 1:30", "1:30 is a number in YAML"),
        ("a: 2024-01-01", "line 1: 2024-01-01 is a date in YAML; put it in quotes"),
        ("a: !!binary aGk=", "line 1: the tag '!!binary' is not supported; remove it"),
        ("a: !!python/object:os.system {}", "the tag '!!python/object:os.system' is not supported"),
        ("a: !mine x", "the tag '!mine' is not supported"),
        ("a: !!set {x}", "the tag '!!set' is not supported"),
        ("a: !!bool x", "the tag '!!bool' is not supported"),
        ("{1: 2}", "line 1: the key 1 is not text; put it in quotes"),
        ("{no: 2}", "the key no is not text"),
        ("? [1]\n: 2", "the key of several parts is not text"),
        (r'"a\nb": 1', r"the key 'a\\nb' has invisible characters; remove them"),
        ("a: \x01", "is not valid YAML: .*control characters"),
        ("a: \ud800", "is not valid Unicode text"),
    ],
)  # fmt: skip
def test_what_yaml_allows_and_json_does_not_is_refused_with_its_line(text, message):
    with pytest.raises(DocumentError, match=message) as raised:
        from_yaml(text)
    assert "\n" not in str(raised.value)


def test_several_documents():
    assert all_from_yaml("a: 1\n---\nb: 2") == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "9" * 5000, "9" * 400, "NaN", "-Infinity", "1e999", "{", "[1,]"]
)
def test_json_has_the_same_bounds(text):
    with pytest.raises(DocumentError):
        from_json(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.sampled_from("abc é")), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


@settings(max_examples=100)
@given(VALUES)
def test_json_is_read_as_json(value):
    assert from_json(json.dumps(value)) == value


@settings(max_examples=200)
@given(st.text(st.sampled_from("ab1:-[]{},&*!|>%@`\"'#?\\\t\n .~<=_"), max_size=40))
def test_any_text_is_a_document_or_a_fault(text):
    assert "\n" not in fault(DocumentError, lambda: json.dumps(from_yaml(text), allow_nan=False))


def test_a_file_that_never_ends():
    with pytest.raises(DocumentError, match="more than 1,048,576 characters"):
        documents.from_yaml(documents.read_text(Path("/dev/zero")))


def test_a_file_in_another_encoding(tmp_path):
    (tmp_path / "a.yaml").write_bytes("name: Zoë".encode("latin-1"))
    with pytest.raises(DocumentError, match="is not UTF-8 text"):
        documents.read_text(tmp_path / "a.yaml")
    (tmp_path / "a.yaml").write_text("name: Zoë", encoding="utf-8-sig")
    assert documents.read_text(tmp_path / "a.yaml") == "name: Zoë"
