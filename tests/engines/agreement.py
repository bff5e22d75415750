"""What two workspaces must have in common if their runs were of the same data and configuration."""

import json
from pathlib import Path

import numpy as np
import tensorflow as tf

from components.model_store.serving import versions


def results(workspace: Path, name: str = "digits") -> dict:
    """Everything that a run computes: examples in their order, scores of trials, weights, and test figures."""
    artifacts = workspace / "artifacts" / name
    found: dict[str, object] = {
        "raw": _examples(artifacts / "ExampleGen"),
        "transformed": _examples(artifacts / "Transform"),
        "statistics": [file.read_bytes() for file in sorted(artifacts.rglob("FeatureStats.pb"))],
    }
    (version,) = versions(workspace / "serving")
    model = tf.saved_model.load(f"{workspace}/serving/{version}")
    found["weights"] = [variable.numpy().tobytes() for variable in model.variables]
    for study in artifacts.glob("Tuner/study/*/study.json"):
        trials = json.loads(study.read_text(encoding="utf-8"))["trials"]
        found["scores"] = [trial["score"] for trial in trials]
    for file in artifacts.glob("Evaluator/evaluation/*/metrics.json"):
        found["metrics"] = json.loads(file.read_text(encoding="utf-8"))
    return found


def differences(one: dict, other: dict) -> list[str]:
    """Names of what differs; all of it, to the last digit, is compared."""
    return [name for name in {**one, **other} if not _equal(one.get(name), other.get(name))]


def _equal(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return bool(np.array_equal(one, other, equal_nan=True))
    return one == other


def _examples(folder: Path) -> dict[str, list[bytes]]:
    """Examples by split, each written in one way: their bytes depend on the order of a map in memory."""
    splits: dict[str, list[bytes]] = {}
    for file in sorted(folder.rglob("Split-*/*.gz")):
        records = tf.data.TFRecordDataset(str(file), "GZIP").as_numpy_iterator()
        examples = (tf.train.Example.FromString(record) for record in records)
        written = [example.SerializeToString(deterministic=True) for example in examples]
        splits.setdefault(file.parent.name, []).extend(written)
    return splits
