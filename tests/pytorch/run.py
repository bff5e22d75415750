"""Tests the library on PyTorch, in an environment of its own: PyTorch from the index brings CUDA along, 5.5 GB.

The environment is made anew in .compat/. The tests are those for every backend, those of PyTorch's own data, those
without TensorFlow, and trainings that are killed; `--kills` says how often each.
"""

import sys

import click

from tests.compat.run import ASKED, FOLDER, Environment, Failed

# With the newest of everything that the library needs there.
EXTRAS = ["--extra", "torch"]
ANY_BACKEND = ["tests/reactive_schedules/training/any_backend"]
WITHOUT_TENSORFLOW = "tests/reactive_schedules/test_without_tensorflow.py"


@click.command()
@click.option("--kills", default=2, show_default=True, help="Times that each training is killed.")
def main(kills: int) -> None:
    """Prints a line for each group of tests; the exit code is 1 if one failed."""
    FOLDER.mkdir(exist_ok=True)
    made, failed = Environment("torch", sys.executable), False
    made.install(*ASKED, *EXTRAS)
    print(made.versions("keras", "torch", "numpy"), flush=True)
    made.install("hypothesis", "pytest")
    groups = {
        "every backend": ANY_BACKEND,
        "its own data and schedules": ["tests/pytorch/check_sources.py", "tests/pytorch/check_momentum.py"],
        "without TensorFlow": [WITHOUT_TENSORFLOW],
        f"{kills} kills": ["tests/kill/test_kill.py", "--kills", kills],
    }
    for name, arguments in groups.items():
        command = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *arguments]
        try:
            printed = made.python(*command, KERAS_BACKEND="torch")
            print(f"✓ {name}: {printed.strip().splitlines()[-1]}", flush=True)
        except Failed as error:
            failed = True
            print(f"✗ {name}: {error}; see {made.log}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
