"""Packages of shell commands."""

import re

import yaml

from tests.kubeflow.replay import Cluster

TYPE = {"schemaTitle": "tfx.Model", "schemaVersion": "0.0.1"}


WRITE = 'mkdir -p "{{$.outputs.artifacts[\'out\'].path}}" && echo "$0" > "{{$.outputs.artifacts[\'out\'].path}}/file"'


def container(script: str, *arguments: str, **more) -> dict:
    return {"container": {"image": "i", "command": ["sh", "-c"], "args": [script, *arguments], **more}}


def package(tasks: dict[str, dict], platform: dict | None = None, **spec) -> str:
    """A package with an executor, inputs and outputs for each task."""
    document = {
        "schemaVersion": "2.1.0",
        "pipelineInfo": {"name": "shell"},
        "defaultPipelineRoot": "minio://bucket/root",
        "components": {},
        "deploymentSpec": {"executors": {}},
        "root": {"dag": {"tasks": {}}, "inputDefinitions": {"parameters": {}}},
    }
    for name, task in tasks.items():
        document["deploymentSpec"]["executors"][f"exec-{name}"] = task["executor"]
        document["components"][name] = {
            "executorLabel": f"exec-{name}",
            "inputDefinitions": task.get("definitions", {}),
            "outputDefinitions": {"artifacts": task.get("outputs", {"out": {"artifactType": TYPE}})},
        }
        document["root"]["dag"]["tasks"][name] = {
            "componentRef": {"name": name},
            "taskInfo": {"name": name},
            **task.get("task", {}),
        }
    document.update(spec)
    documents = [document]
    if platform:
        documents.append({"platforms": {"kubernetes": {"deploymentSpec": {"executors": platform}}}})
    return yaml.safe_dump_all(documents)


def takes(*producers: str) -> dict:
    """Inputs named for their producers."""
    return {
        "inputs": {
            "artifacts": {
                name: {"taskOutputArtifact": {"producerTask": name, "outputArtifactKey": "out"}}
                for name in producers
            }
        }
    }


def one(script: str, *arguments: str, **task) -> str:
    return package({"only": {"executor": container(script, *arguments), **task}})


ARTIFACT = {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"}


FROM_THE_CACHE = package(
    {
        "first": {
            "executor": container(WRITE, "hello"),
            "outputs": {"out": {"artifactType": ARTIFACT}},
            "task": {"cachingOptions": {"enableCache": True}},
        },
        "second": {
            "executor": container("grep -q hello \"{{$.inputs.artifacts['first'].path}}/file\""),
            "outputs": {"out": {"artifactType": ARTIFACT}},
            "definitions": {"artifacts": {"first": {"artifactType": ARTIFACT}}},
            "task": takes("first"),
        },
    }
)
"""Two tasks, of which the second reads what the first may have from the cache."""


ELSEWHERE = {
    "minio://bucket/elsewhere": ["Cached", "Succeeded", ""],
    "minio://other/root": ["Cached", "Failed", "bucket"],
    "s3://bucket/root": ["Cached", "Failed", "bucket"],
}


def ends_elsewhere(cluster: Cluster, root: str) -> list[str]:
    """States of the two tasks, and the cause, in a run under another root than the one before."""
    assert cluster.run(FROM_THE_CACHE).failure() == ""
    run = cluster.run(FROM_THE_CACHE, root=root)
    # To 2.14, the launcher has no driver for `minio://` there; later, it lacks a region.
    cause = re.search("to (download input artifact|fetch non default buckets)", run.failure())
    return [*(run.tasks[name].state for name in ("first", "second")), "bucket" if cause else run.failure()]
