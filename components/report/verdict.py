"""What became of the model, and where it comes from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reactive_schedules.pages.content import Facts, Section, Table, Text


def verdict(found: Mapping[str, Any], pushed: str) -> Section:
    """Whether the model was blessed, and why.

    Args:
        found: `metrics.json` of the Evaluator.
        pushed: where the model went; empty if nowhere.
    """
    reasons = [("Because", found["reasons"])] if found["reasons"] else []
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
    known += [
        (name.capitalize(), list(_fingerprints(found)))
        for name in ("data", "schema", "code")
        if (found := record.get(name))
    ]
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
