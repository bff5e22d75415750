"""Runs targets of the Makefile one after another, and closes with a line on each: `make check-all`.

    python -m tests.checks TARGET …

The output of a target goes to workspace/checks/TARGET.log. A target that this machine cannot run exits with 77 and
prints `skipped: ` and the reason.
"""

import dataclasses
import re
import subprocess
import sys
import time
from pathlib import Path

LOGS = Path("workspace/checks")
CANNOT_RUN = 77
"""Exit code of a check that this machine cannot run, as automake's tests have it."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a target.

    Attributes:
        target: its name.
        state: `passed`, `failed` or `skipped`.
        detail: the reason, or what the tests counted; may be empty.
        minutes: it took.
    """

    target: str
    state: str
    detail: str
    minutes: float

    def line(self) -> str:
        """For the terminal."""
        return f"{self.target:<20}{self.state:<9}{self.minutes:6.1f} min  {self.detail}".rstrip()


def run(target: str) -> Outcome:
    """Runs a target of the Makefile in the current folder."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{target}.log"
    start = time.perf_counter()
    with log.open("wb") as output:
        code = subprocess.run(
            ["make", "--no-print-directory", target], stdout=output, stderr=subprocess.STDOUT, check=False
        ).returncode
    minutes = (time.perf_counter() - start) / 60
    text = log.read_text(encoding="utf-8", errors="replace")
    if code == 0:
        return Outcome(target, "passed", _last(r"^=+ (.*\d (?:passed|skipped).*?) =+$", text), minutes)
    if re.search(rf"^make.*\*\*\* .*\b{CANNOT_RUN}$", text, re.MULTILINE):
        return Outcome(target, "skipped", _last(r"skipped: (.*?)[ !]*$", text), minutes)
    counted = _last(r"^=+ (.*\d (?:failed|errors?)\b.*?) =+$", text)
    return Outcome(target, "failed", "; ".join(filter(None, [counted, f"see {log}"])), minutes)


def main(targets: list[str]) -> int:
    """Runs all; 1 if one failed."""
    outcomes = []
    for number, target in enumerate(targets, start=1):
        print(f"{number} of {len(targets)}: {target}", file=sys.stderr, flush=True)
        outcomes.append(run(target))
    for outcome in outcomes:
        print(outcome.line())
    return int(any(outcome.state == "failed" for outcome in outcomes))


def _last(pattern: str, text: str) -> str:
    found = re.findall(pattern, text, re.MULTILINE)
    return found[-1] if found else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
