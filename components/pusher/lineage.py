"""Where a pushed model came from, as `assets.extra/lineage.json` beside it.

- `version`, and `pushed_at` (UTC).
- `pipeline`, and `run`: the id of the pipeline run that pushed it; null where the orchestrator does not tell.
- `candidate`: fingerprint of all that determines the model.
- `data` and `schema`: each its `fingerprint`.
- `code`: `fingerprint` of the user's source files; `commit` and `modified` where they lie in a git checkout.
- `hyperparameters`: `training` (the spec) and `model`.
- `base_model`: the version the training started from, or null.
- `artifacts`: `id` and `uri` of the `model`, its `blessing` and `evaluation`.

What the model does not say of itself is null.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from tfx.types import Artifact


def describe(
    card: Mapping[str, Any],
    artifacts: Mapping[str, Artifact],
    version: int,
    pipeline: str | None,
    run: str | None,
) -> dict[str, Any]:
    """Collects the lineage.

    Args:
        card: `model.json` beside the model; empty if it has none.
        artifacts: what the model is, and what was found of it.
        version: under which it is pushed.
        pipeline: name of the pipeline.
        run: id of its run.
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
        "artifacts": {name: {"id": artifact.id, "uri": artifact.uri} for name, artifact in artifacts.items()},
    }
