"""The engines' jars, as Maven resolves them; kept in `.engines/`."""

import shutil
import subprocess
from pathlib import Path

from tests.conftest import ROOT

JARS = ROOT / ".engines"


def missing(engine: str) -> str | None:
    """Why an engine cannot be started here; None if it can."""
    if shutil.which("java") is None:
        return "needs Java 11 or 17"
    if not (JARS / engine / "complete").exists():
        return f"needs the jars of `make {engine}-test`"
    return None


def fetch(engine: str) -> None:
    """Fetches the jars of an engine, unless they are there.

    Raises:
        CalledProcessError: Maven failed.
    """
    folder = JARS / engine
    if (folder / "complete").exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    pom = Path(__file__).with_name("pom.xml")
    subprocess.run(
        [
            "mvn",
            "-q",
            "-B",
            "-f",
            pom,
            "-P",
            engine,
            "dependency:copy-dependencies",
            f"-DoutputDirectory={folder}",
        ],
        check=True,
    )
    (folder / "complete").touch()


if __name__ == "__main__":
    import sys

    fetch(sys.argv[1])
