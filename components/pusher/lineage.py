"""The lineage of a pushed model, stored as `assets.extra/lineage.json` beside it.

- `version`, and `pushed_at` (UTC).
- `pipeline`, and `run`: the id of the pipeline run that pushed it; null if the orchestrator does not provide it.
- `candidate`: fingerprint of everything that determines the model.
- `data` and `schema`: the `fingerprint` of each.
- `code`: `fingerprint` of the user's source files; `commit` and `modified` if they are in a git checkout.
- `hyperparameters`: `training` (the spec) and `model`.
- `base_model`: the version the training started from, or null.
- `artifacts`: `id` and `uri` of the `model`, its `blessing` and `evaluation`.

Facts that are missing from the model are null.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from tfx.types import Artifact

from components.artifacts import uri_of


def describe(
    card: Mapping[str, Any],
    artifacts: Mapping[str, Artifact],
    version: int,
    pipeline: str | None,
    run: str | None,
) -> dict[str, Any]:
    """Collects the lineage.

    Args:
        card: Contents of the model's `model.json`; empty if it has none.
        artifacts: The model, its blessing and its evaluation.
        version: Version that the model is pushed as.
        pipeline: Name of the pipeline.
        run: Id of the pipeline run.
    """
    return {
        "version": version,
        "pushed_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "pipeline": pipeline,
        "run": run,
        "candidate": card.get("candidate"),
        "data": card.get("data"),
        "schema": card.get("schema"),
        "code": card.get("code"),
        "hyperparameters": {
            "training": card.get("training"),
            "model": card.get("model", {}).get("hyperparameters"),
        },
        "base_model": card.get("base_model"),
        "artifacts": {
            name: {"id": artifact.id, "uri": uri_of(artifact)} for name, artifact in artifacts.items()
        },
    }
