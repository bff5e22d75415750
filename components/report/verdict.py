"""The verdict on the model, and its lineage."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.artifacts import uri_of
from components.evaluator import words
from reactive_schedules.pages.content import Facts, Section, Table, Text


def verdict(found: Mapping[str, Any], pushed: str) -> Section:
    """Returns the section that says whether the model was blessed, and why.

    Args:
        found: Contents of the Evaluator's `metrics.json`.
        pushed: Destination of the push; empty if the model was not pushed.
    """
    reasons = [("Reasons", found["reasons"])] if found["reasons"] else []
    if found["candidate"].get(found["metric"]) is not None:
        reasons.insert(0, ("Test score", f"{found['metric']} {words.score(found, found['metric'])}"))
    if written := words.configured(found):
        reasons.append(("As configured", f"{found['metric']} {written}"))
    if answered := words.threshold(found):
        reasons.append(("Answers", answered))
    if found.get("notes"):
        reasons.append(("Notes", found["notes"]))
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
    """Returns the section about the lineage of the model.

    Args:
        artifacts: Artifacts that the page is made from, by input key.
        record: Training record, with the fingerprints of its data, schema and code.
        run: Id of the run; empty if the orchestrator does not provide it.
        versions: Versions of libraries, by name.
    """
    rows = [
        (key.replace("_", " "), artifact.type_name, artifact.id or None, uri_of(artifact))
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
            Facts([*known, ("Libraries", libraries)]),
            Table("Artifacts of the run", ("artifact", "type", "id", "location"), rows),
        ],
    )


def _fingerprints(found: Mapping[str, Any]) -> Iterator[str]:
    yield f"fingerprint {found['fingerprint']}"
    if found.get("commit"):
        yield f"commit {found['commit']}" + (", with uncommitted changes" if found.get("modified") else "")
