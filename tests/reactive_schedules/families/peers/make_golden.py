"""Writes golden.npz: the rates of other libraries for every case of cases.py.

The checked-in file was made with torch 2.13.0 (CPU), optax 0.2.8 on jax 0.10.2, transformers 5.23.0, timm 1.0.31 and
pytabkit 1.8.0, in an environment of their own:

    pip install torch==2.13.0 optax==0.2.8 transformers==5.23.0 timm==1.0.31 pytabkit==1.8.0
    python -m tests.reactive_schedules.families.peers.make_golden
    python -m tests.reactive_schedules.families.peers.make_golden timm pytabkit    # keeps the rates of other peers
"""

import sys
from importlib.metadata import version
from pathlib import Path

import numpy

from tests.reactive_schedules.families.peers.cases import CASES

PATH = Path(__file__).with_name("golden.npz")

if __name__ == "__main__":
    peers = sys.argv[1:] or sorted({case.peer for case in CASES.values()})
    print(*(f"{name} {version(name)}" for name in peers), sep="\n")
    with numpy.load(PATH) as held:
        kept = {name: held[name] for name in held if name in CASES and CASES[name].peer not in peers}
    made = {name: case.rates() for name, case in CASES.items() if case.peer in peers}
    numpy.savez_compressed(PATH, **{name: {**kept, **made}[name] for name in CASES})
    print(f"{len(made)} cases of {len(CASES)}, {PATH.stat().st_size:,} bytes in {PATH}")
