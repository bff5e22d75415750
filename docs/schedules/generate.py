"""Writes the files that follow from the families: signatures for editors, JSON Schema, pictures, index of the pages.

make generate
"""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import yaml

from reactive_schedules import Horizon, preview
from reactive_schedules.families import FAMILIES, Family
from reactive_schedules.families.sequence import SequenceSpec
from reactive_schedules.spec.json_schema import PATH, json_schema

FOLDER = Path(__file__).parent
LIBRARY = FOLDER.parents[1] / "reactive_schedules"
STUB, NAMES = LIBRARY / "keras" / "steps.pyi", LIBRARY / "__init__.pyi"
# 40 epochs of CIFAR-10 in batches of 128.
HORIZON = Horizon(steps_per_epoch=391, epochs=40, batch_size=128)


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


def family_of_page(page: Path) -> Family:
    """The family described by the first YAML block of a page."""
    data = yaml.safe_load(blocks(page, "yaml")[0])
    return FAMILIES[data["family"]].parse(data)


def draw(page: Path, folder: Path) -> Path:
    """Draws the picture of a family's page into a folder."""
    return preview(family_of_page(page), HORIZON).draw(folder / f"{page.stem}.svg")


def draw_range_test(folder: Path) -> Path:
    """Runs the example of the range test with a fixed seed, and draws its result."""
    import keras

    keras.utils.set_random_seed(0)
    names: dict[str, Any] = {}
    exec(blocks(FOLDER / "looking_ahead.md", "python")[0], names)
    return names["found"].draw(folder / "range_test.svg")


def index(text: str) -> str:
    """The text of the folder's README, with a row for each family: the first sentence of its page."""
    rows = []
    for name in sorted(FAMILIES):
        title, _, first, *_ = (FOLDER / f"{name}.md").read_text(encoding="utf-8").splitlines()
        if not title.startswith("# "):
            raise ValueError(f"{name}.md: must begin with a title")
        rows.append(f"| [`{name}`]({name}.md) | `rs.{class_name(FAMILIES[name])}` | {first} |\n")
    head = "| family | Keras class | |\n|---|---|---|\n"
    return re.sub(re.escape(head) + r"(\|.*\n)+", lambda _: head + "".join(rows), text)


def class_name(family: type[Family]) -> str:
    """Name of a family's Keras class."""
    return family.__name__.removesuffix("Spec")


def names(text: str) -> str:
    """The library's public names, with the class of each family among them."""
    classes = sorted(
        class_name(family) for family in FAMILIES.values() if not issubclass(family, SequenceSpec)
    )
    block = "".join(f"    {name},\n" for name in sorted(classes, key=lambda name: _kind(name, name.lower())))
    text = re.sub(r"(from \.keras\.steps import \(\n)[^)]*\)", lambda match: f"{match[1]}{block})", text)
    imports = [node for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)]
    public = [alias.name for node in imports for alias in node.names] + ["__version__"]
    listed = "".join(f'    "{name}",\n' for name in sorted(public, key=lambda name: _kind(name, name)))
    return re.sub(r"__all__ = \[\n[^]]*\]", lambda _: f"__all__ = [\n{listed}]", text)


def _kind(name: str, key: str) -> tuple[int, str]:
    """Order of names as ruff has it: constants, classes, functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, key)


def stub() -> str:
    """Text of `steps.pyi`: the schedule classes with their parameters, for type checkers and editors."""
    from reactive_schedules.keras import steps

    lines = [
        '"""The signatures of `steps.py`, written by `make generate`."""',
        "",
        "from collections.abc import Sequence",
        "from typing import Any, ClassVar, Literal, Self",
        "",
        "from keras.optimizers.schedules import LearningRateSchedule",
        "",
        "from reactive_schedules.duration import Horizon",
        "from reactive_schedules.families.base import Family, Formula, WarmupShape",
        "",
        "SCHEDULES: dict[str, type[StepSchedule]]",
        "",
        "class StepSchedule(LearningRateSchedule):",
        *_docstring(steps.StepSchedule),
        "",
        "    family: ClassVar[type[Family]]",
        "    formula: Formula[Any]",
        "    def __init__(",
        "        self, peak: float, *, horizon: Horizon | int | None = None, **parameters: Any",
        "    ) -> None: ...",
        "    def __call__(self, step: Any) -> Any: ...",
        "    def get_config(self) -> dict[str, Any]: ...",
    ]
    for name in sorted(FAMILIES):
        if not issubclass(FAMILIES[name], SequenceSpec):
            lines += ["", *_class(steps.SCHEDULES[name], FAMILIES[name])]
    return "\n".join(lines) + "\n"


def _class(schedule: type, family: type[Family]) -> Iterator[str]:
    yield f"class {schedule.__name__}(StepSchedule):"
    yield from _docstring(schedule)
    yield ""
    yield "    def __init__("
    yield "        self,"
    yield "        peak: float,"
    yield "        *,"
    for name, field in family.model_fields.items():
        if name not in ("family", "peak"):
            default = "" if field.is_required() else f" = {field.default!r}".replace("'", '"')
            yield f"        {name}: {_type(field.annotation)}{default},"
    yield "        horizon: Horizon | int | None = None,"
    yield "    ) -> None: ..."
    for name, member in vars(schedule).items():
        if isinstance(member, classmethod):
            signature = str(inspect.signature(member.__func__)).replace("typing.", "")
            yield "    @classmethod"
            yield f"    def {name}{signature}:"
            yield from _docstring(member.__func__, "        ")
            yield "        ..."


def _docstring(documented: Any, indent: str = "    ") -> Iterator[str]:
    first, *rest = inspect.cleandoc(documented.__doc__).splitlines()
    yield f'{indent}"""{first}'
    yield from (f"{indent}{line}" if line else "" for line in rest)
    yield f'{indent}"""' if rest else '"""'


def _type(annotation: Any) -> str:
    """An annotation as source text."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation is NoneType:
        return "None"
    if origin in (Union, UnionType):
        return " | ".join(map(_type, arguments))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]".replace("'", '"')
    if origin is tuple:
        return f"Sequence[{_type(arguments[0])}]"
    if hasattr(annotation, "__metadata__"):
        return _type(arguments[0])
    return annotation.__name__


def write_all() -> Iterator[Path]:
    """Writes every file, and yields its path."""
    PATH.write_text(json_schema(), encoding="utf-8")
    yield PATH
    STUB.write_text(stub(), encoding="utf-8")
    yield STUB
    NAMES.write_text(names(NAMES.read_text(encoding="utf-8")), encoding="utf-8")
    yield NAMES
    readme = FOLDER / "README.md"
    readme.write_text(index(readme.read_text(encoding="utf-8")), encoding="utf-8")
    yield readme
    for name in FAMILIES:
        yield draw(FOLDER / f"{name}.md", FOLDER / "pictures")
    yield draw_range_test(FOLDER / "pictures")


if __name__ == "__main__":
    for path in write_all():
        print(path)
