"""What became of the model, where it comes from, and how to use it."""

import base64
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.page.content import Block, Code, Facts, Section, Table, Text
from components.report.predictions import Predictions

MAX_EXAMPLE_CHARACTERS = 2000
"""A longer example is not put into a command."""


def verdict(found: Mapping[str, Any], pushed: str) -> Section:
    """Whether the model was blessed, and why.

    Args:
        found: `metrics.json` of the Evaluator.
        pushed: where the model went; empty if nowhere.
    """
    reasons = [("Because" if found["blessed"] else "It lacks", found["reasons"])] if found["reasons"] else []
    if pushed:
        outcome = Text("The model is blessed and in production.", tone="good")
    elif found["blessed"]:
        outcome = Text("The model is blessed; it was not pushed.", tone="bad")
    else:
        outcome = Text("The model is not blessed; nothing was pushed.", tone="bad")
    where = [("In production", pushed)] if pushed else []
    if not pushed and found["baseline_version"]:
        where = [("In production", f"still version {found['baseline_version']}")]
    return Section("Verdict", [outcome, Facts([*reasons, *where])])


def lineage(
    artifacts: Mapping[str, Sequence], record: Mapping[str, Any], run: str, versions: Mapping[str, str]
) -> Section:
    """Where the model comes from.

    Args:
        artifacts: what the page was made of, by input key.
        record: of the training, with the fingerprints of its data, schema and code.
        run: id; empty where the orchestrator does not tell.
        versions: of libraries.
    """
    rows = [
        (key.replace("_", " "), artifact.type_name, artifact.id or None, artifact.uri)
        for key, of_key in artifacts.items()
        for artifact in of_key
    ]
    rows.sort(key=lambda row: row[2] or 0)
    known = [("Run", run)] if run else []
    for name in ("data", "schema", "code"):
        if found := record.get(name):
            known.append((name.capitalize(), list(_fingerprints(found))))
    known.append(("Candidate", f"fingerprint {record['candidate']}"))
    libraries = ", ".join(f"{name} {version}" for name, version in versions.items())
    return Section(
        "Lineage",
        [
            Facts([*known, ("Made with", libraries)]),
            Table("Artifacts of the run", ("artifact", "type", "id", "place"), rows),
        ],
    )


def _fingerprints(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"fingerprint {found['fingerprint']}"
    if found.get("commit"):
        yield f"commit {found['commit']}" + (", with changes on top" if found.get("modified") else "")


def usage(name: str, model: str, pushed: bool, predictions: Predictions) -> Section:
    """Commands to copy.

    Args:
        name: of the pipeline.
        model: folder of the SavedModel.
        pushed: whether that is in production.
        predictions: with an example to ask for.
    """
    return Section("Use the model", list(_usage(name, model, pushed, predictions)))


def _usage(name: str, model: str, pushed: bool, predictions: Predictions) -> Iterator[Block]:
    if not pushed:
        yield Text("This model is not in production; the commands take it from where the Trainer left it.")
    yield Code(
        "Predict a file (CSV, Parquet or TFRecord)",
        f'python -m pipeline predict --input rows.csv --output predictions.csv --model "{model}"',
    )
    yield Code(
        "Predict in Python",
        f'import pipeline\n\nmodel = pipeline.load_model("{model}")\n'
        "model.predict(rows)  # a DataFrame, or a dict of columns",
    )
    folder, example = (
        model.rpartition("/")[0] if pushed else None,
        base64.b64encode(predictions.example).decode(),
    )
    source, target = (folder, f"/models/{name}") if folder else (model, f"/models/{name}/1")
    yield Code(
        "Serve with TensorFlow Serving",
        f'docker run --rm -p 8501:8501 -v "{source}:{target}:ro" -e MODEL_NAME={name} tensorflow/serving',
    )
    if len(example) <= MAX_EXAMPLE_CHARACTERS:
        yield Code(
            "Ask the server for the first example of the test split",
            f"curl http://localhost:8501/v1/models/{name}:predict \\\n"
            f'  -d \'{{"instances": [{{"b64": "{example}"}}]}}\'',
        )
