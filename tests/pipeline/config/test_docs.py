"""The configurations in the documentation are valid."""

import re

import pytest
import yaml

from pipeline.config.sections import Config
from tests.conftest import ROOT

PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
WHOLE = {
    "name": "documented",
    "data": {"path": "data", "label": "y"},
    "training": {"learning_rate": {"family": "constant", "peak": 0.01}},
    "search": {"space": {"plateau": {"patience": [2, 3]}}},
}


def blocks(page: str) -> list[dict]:
    """The parts of configurations on a page."""
    found = re.findall(r"```yaml\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)
    parsed = [yaml.safe_load(text) for text in found]
    return [part for part in parsed if isinstance(part, dict) and set(part) <= set(Config.model_fields)]


def test_there_are_configurations_to_check():
    assert sum(len(blocks(page)) for page in PAGES) >= 5


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)])
def test_configurations_are_valid(page):
    for part in blocks(page):
        sections = {
            key: {**WHOLE.get(key, {}), **value} if isinstance(value, dict) else value
            for key, value in part.items()
        }
        if "source" in sections.get("data", {}):
            del sections["data"]["path"]
        Config.parse({**WHOLE, **sections})
