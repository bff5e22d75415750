"""Writes a configuration with everything that was guessed about data, and why, ready to run and to edit."""

import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from components import metrics
from components.errors import one_of
from pipeline.config.fit import FittedConfig
from reactive_schedules.printable import printable

_WIDTH = 110

_SECTIONS = ("model", "training", "search", "threads")
"""What a template says about any data of its kind."""


def starter(fitted: FittedConfig, file: Path, template: Path) -> str:
    """Returns the text of a configuration that says what `fitted` guesses.

    Args:
        fitted: The template's configuration, fitted to the data.
        file: The file that will hold it, which `data.path` is relative to.
        template: The configuration that was completed, see `own_data.template`.
    """
    label = fitted.label
    others = [name for name in metrics.names(label.task, len(label.classes)) if name != fitted.metric]
    parts = [
        *_comment("Written by `python -m pipeline init`; run it with"),
        "#",
        f"#   python local_runner.py --config {file}",
        *_comment("with --fast for a first look, and with --best for an ensemble."),
        "#",
        *(_comment("What was found in the data:") if fitted.lines else ()),
        *(text for line in fitted.lines for text in _comment(line, "- ")),
        f"name: {fitted.config.name}",
        "",
        "data:",
        *_data(fitted, file),
        "",
        "evaluation:",
        f"  metric: {fitted.metric}",
        *(_comment(f"or {one_of(others)}", indent=2)),
        "  # threshold: 0.8          # by default, better than the best constant prediction",
        "  # min_improvement: 0.0    # over the model in production; docs/verdict.md",
        "",
    ]
    return "\n".join(parts) + "\n" + "\n\n".join(_sections(template)) + "\n"


def _comment(text: str, mark: str = "", indent: int = 0) -> list[str]:
    return textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=f"{' ' * indent}# {mark}",
        subsequent_indent=f"{' ' * indent}# {' ' * len(mark)}",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _data(fitted: FittedConfig, file: Path) -> Iterator[str]:
    """Yields the lines of the section `data`."""
    section, found, label = fitted.config.data, fitted.understanding, fitted.label
    yield from _entry("path", os.path.relpath(section.path or "", file.resolve().parent))
    yield from _entry("label", label.name)
    yield from _entry("task", label.task)
    if label.positive is not None:
        yield from _entry("positive", label.classes[label.positive])
    for key, value in (
        ("shapes", section.shapes),
        ("dates", found.dates),
        ("text", list(found.text)),
        ("lists", found.lists),
        ("numbers", found.numbers),
        ("categorical", list(found.categorical)),
    ):
        if value:
            yield from _entry(key, value)
    if found.dropped:
        yield from _entry("ignore", list(found.dropped), found.dropped)
    if found.dates:
        column = _inline({"time": next(iter(found.dates))})
        yield f"  # split: {column}   # earlier rows train, later ones test"
    yield "  # weight: COLUMN          # how much each row counts, in training and in every metric"


def _entry(key: str, value: Any, reasons: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yields a key with its value: several on a line each."""
    if isinstance(value, Mapping):
        yield f"  {key}:"
        yield from (f"    {_inline(name)}: {_inline(each)}" for name, each in value.items())
    elif isinstance(value, list):
        yield f"  {key}:"
        for each in value:
            yield f"    - {_inline(each)}" + (f"   # {reasons[each]}" if reasons else "")
    else:
        yield f"  {key}: {_inline(value)}"


def _inline(value: Any) -> str:
    """A value as YAML on one line."""
    plain = list(value) if isinstance(value, tuple) else value
    text = yaml.safe_dump(plain, default_flow_style=True, allow_unicode=True, width=10**6)
    return text.removesuffix("\n").removesuffix("\n...")


def _sections(template: Path) -> Iterator[str]:
    """Yields the template's sections that are right for any data of its kind, as they are written there."""
    text = template.read_text(encoding="utf-8")
    for part in re.split(r"\n\n(?=\S)", text.strip()):
        if part.partition(":")[0] in _SECTIONS:
            yield part
