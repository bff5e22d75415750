"""Writes golden.npz: the rates of PyTorch, optax and Hugging Face for every case of cases.py.

The checked-in file was made with torch 2.13.0 (CPU), optax 0.2.8 on jax 0.10.2, and transformers 5.23.0, in an
environment of their own:

    pip install torch==2.13.0 optax==0.2.8 transformers==5.23.0
    python -m tests.reactive_schedules.families.peers.make_golden
"""

from importlib.metadata import version
from pathlib import Path

import numpy

from tests.reactive_schedules.families.peers.cases import CASES

PATH = Path(__file__).with_name("golden.npz")

if __name__ == "__main__":
    print(*(f"{name} {version(name)}" for name in ("torch", "optax", "jax", "transformers")), sep="\n")
    numpy.savez_compressed(PATH, **{name: case.rates() for name, case in CASES.items()})
    print(f"{len(CASES)} cases, {PATH.stat().st_size:,} bytes in {PATH}")
