import re
from pathlib import Path

import pytest

import reactive_schedules as rs
from docs.schedules.generate import NAMES, STUB, blocks, draw, family_of_page, index, names, stub
from reactive_schedules.families import FAMILIES

DOCS = Path(__file__).parents[2] / "docs" / "schedules"


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_has_a_page(name):
    page = DOCS / f"{name}.md"
    text = page.read_text()
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == ["Formula", "Source", "When to use it", "Elsewhere"]
    assert family_of_page(page).family == name
    assert f"pictures/{name}.svg" in text
    for library in ("PyTorch", "optax", "timm", "Hugging Face", "TensorFlow Addons"):
        assert f"| {library} |" in text


@pytest.mark.locked
@pytest.mark.parametrize("name", FAMILIES)
def test_pictures_show_what_the_pages_say(name, tmp_path):
    checked_in, drawn = DOCS / "pictures" / f"{name}.svg", draw(DOCS / f"{name}.md", tmp_path)

    # The curve alone: fonts and layout may change with matplotlib.
    def curve(path):
        return max(re.findall(r'<path d="(M [^"]+)" clip-path', path.read_text()), key=len)

    assert curve(checked_in).count("L") > 1
    assert curve(drawn) == curve(checked_in), "run make generate"


def test_what_editors_read_is_current():
    assert STUB.read_text(encoding="utf-8") == stub(), "run make generate"


def test_public_names_are_current():
    text = NAMES.read_text(encoding="utf-8")
    assert names(text) == text, "run make generate"


def test_the_index_is_current():
    text = (DOCS / "README.md").read_text(encoding="utf-8")
    assert index(text) == text, "run make generate"


def test_the_index_names_every_family_and_class():
    text = (DOCS / "README.md").read_text()
    for name in FAMILIES:
        assert f"[`{name}`]({name}.md)" in text
    for used in re.findall(r"rs\.([A-Z]\w+)", text):
        assert hasattr(rs, used)


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_lead_somewhere(page):
    text = re.sub(r"`[^`]*`", "", (DOCS / page).read_text())
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith("http"):
            assert (DOCS / target).exists(), target


@pytest.mark.parametrize("page", ["spec.md", "looking_ahead.md", "callback.md"])
def test_examples_run(page):
    assert blocks(DOCS / page, "python")
    for example in blocks(DOCS / page, "python"):
        exec(compile(example, page, "exec"), {})


def test_the_spec_page_shows_a_valid_spec():
    for text in blocks(DOCS / "spec.md", "yaml"):
        rs.TrainingSpec.from_yaml(text)


def migrations():
    """Rows of the migration table whose right side is a complete call, as (there, here)."""
    section = (DOCS / "README.md").read_text().split("## Coming from another library")[1]
    rows = re.findall(r"^\| (`.*?`.*?) \| `([A-Z]\w+\(.*?\))`", section, re.MULTILINE)
    return [(there, here) for there, here in rows if "parts" not in here and "(…" not in here]


NUMBERS = {
    "peak": 0.1, "init": 0.02, "end": 0.01, "n": 1000, "w": 100, "d": 200, "a": 0.5, "b": 700, "c": 3, "r": 0.5,
    "f": 0.5, "g": 0.2, "p": 0.3, "k": 2, "x": 0.1, "y": 0.05, "alpha": 0.1, "gamma": 0.9, "base": 0.01,
    "power": 2.0, "eta_min": 0.01, "lr_end": 0.001, "mode": "triangular", "t_mul": 2, "m_mul": 0.9,
    "staircase": True, "type": "linear", "m": 0.01, "lb": -6.0, "ub": 3.0,
}  # fmt: skip


@pytest.mark.parametrize(("there", "here"), migrations())
def test_every_row_of_the_migration_table_is_a_valid_call(there, here):
    numbers = dict(NUMBERS)
    if "boundaries=[a" in here:
        numbers["a"] = 500
    used = {name: getattr(rs, name) for name in re.findall(r"^[A-Z]\w+", here)}
    schedule = eval(here.replace("…", "True"), {**used, **numbers, "int": int})
    assert 0 <= float(schedule(50)) <= 0.1 + 1e-8
