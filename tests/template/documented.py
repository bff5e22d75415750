"""The changes to TFX's taxi template that docs/in-your-pipeline.md shows, applied to a copy of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import tfx

from tests.conftest import ROOT

PAGE = ROOT / "docs/in-your-pipeline.md"
SOURCE = Path(tfx.__file__).parent / "experimental/templates/taxi"
COPIED = "tfx template copy --model=taxi --pipeline_name=taxi --destination_path=taxi"


def blocks(language: str) -> list[str]:
    """The code on the page, after the heading about the template."""
    text = PAGE.read_text(encoding="utf-8").partition("## TFX's taxi template")[2]
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def make(folder: Path) -> Path:
    """Does what the page says in a folder; returns the folder of the template."""
    (script,) = blocks("bash")
    (spec,) = blocks("yaml")
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-e", "-c", script], cwd=folder, env={**os.environ, "PATH": tools}, check=True)
    change(folder / "taxi")
    (folder / "taxi/training.yaml").write_text(spec, encoding="utf-8")
    return folder / "taxi"


def change(template: Path) -> None:
    """Applies the differences on the page."""
    for difference in blocks("diff"):
        subprocess.run(
            ["git", "apply", "--unidiff-zero", "-"],
            cwd=template,
            input=difference,
            text=True,
            check=True,
        )


def changed_lines(template: Path) -> dict[str, int]:
    """The number of lines in each file of the template that TFX did not write, but for comments that are switched on."""
    found = {}
    for file in sorted(template.rglob("*")):
        name = file.relative_to(template)
        if file.suffix in (".py", ".yaml") and "tfx_pipeline_output" not in name.parts:
            source = SOURCE / name
            written = _lines(source) if source.exists() else set()
            lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
            if added := sum(line not in written for line in lines):
                found[str(name)] = added
    return found


def _lines(file: Path) -> set[str]:
    """The lines of a file as TFX ships it, as it copies it, and with comments switched on."""
    shipped = file.read_text(encoding="utf-8")
    copied = re.sub(r"from tfx\.experimental\.templates\.[^.]+\.", "from ", shipped)
    switched = copied.replace("# components.append", "components.append")
    named = copied.replace("{{PIPELINE_NAME}}", "taxi")
    return {*shipped.splitlines(), *named.splitlines(), *copied.splitlines(), *switched.splitlines()}
