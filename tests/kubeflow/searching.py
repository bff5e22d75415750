"""Packages of the digits example whose trials run in pods of their own."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from pipeline.config.load import load
from pipeline.kubeflow.package import compile_package
from pipeline.kubeflow.plan import plan
from tests.conftest import ROOT
from tests.kubeflow.conftest import IMAGE, PIPELINE_ROOT

DIGITS = ROOT / "examples/digits.yaml"

STORE = "/mnt/workspace/store"


def package(pods: int, kubeflow: dict, model: dict | None = None, **search: Any) -> str:
    """The digits example, with another section `model` if there is one."""
    written = yaml.safe_load(DIGITS.read_text(encoding="utf-8"))
    overrides = {"search": {**written["search"], "pods": pods, **search}, "kubeflow": kubeflow}
    if model:
        overrides["model"] = model
    return compile_package(plan(load(DIGITS, overrides)), IMAGE, PIPELINE_ROOT)


def searching(
    pods: int,
    cached: bool = False,
    model: dict | None = None,
    environment: Mapping[str, str] | None = None,
    **search: Any,
) -> str:
    """A package of the tasks up to the search alone.

    What pods reach as an object store is a folder of the claim `workspace`; claims are part of the key of the cache.

    Args:
        pods: Number of pods that run trials.
        cached: Whether the search may come from the cache.
        model: Section `model`; by default, that of the example.
        environment: More variables of all pods.
        **search: Other options of the search.
    """
    section = {
        "defaults": {
            "env": {
                "SEARCH_STORE": f"file://{STORE}",
                "TF_CPP_MIN_LOG_LEVEL": "2",
                **(environment or {}),
            },
            "volumes": [{"claim": "workspace", "mount": "/mnt/workspace"}],
            "retry": {"count": 2, "seconds": 0},
        }
    }
    spec, *others = yaml.safe_load_all(package(pods, section, model, **search))
    tasks = spec["root"]["dag"]["tasks"]
    kept = ("ExampleGen", "StatisticsGen", "SchemaGen", "Transform", "Tuner")
    spec["root"]["dag"]["tasks"] = tasks = {
        name: task for name, task in tasks.items() if name in kept or name.startswith("TrialWorker")
    }
    if not cached:
        for name in tasks.keys() - {*kept[:-1]}:
            tasks[name]["cachingOptions"] = {}
    return yaml.safe_dump_all([spec, *others])


def as_trained(study: dict) -> dict:
    """The record of a search, without times and places."""
    record = json.loads(json.dumps(study))
    for part in (record["cost"], *record["trials"]):
        part.pop("seconds")
        part.pop("attempts", None)
    return record
