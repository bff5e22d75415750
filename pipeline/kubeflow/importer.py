"""The task that imports data from an object store, so that Kubeflow's launcher downloads it for ExampleGen."""

from typing import Any

from pipeline.kubeflow import parameters

DATA = "data"
"""Name of the task, and of ExampleGen's input for it."""

_TYPE = {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"}

Json = dict[str, Any]


def feed(task: Json, component: Json) -> None:
    """Makes the imported files an input, so that the launcher downloads them."""
    component["inputDefinitions"].setdefault("artifacts", {})[DATA] = {"artifactType": _TYPE}
    source = {"producerTask": DATA, "outputArtifactKey": "artifact"}
    task["inputs"].setdefault("artifacts", {})[DATA] = {"taskOutputArtifact": source}
    task["dependentTasks"] = sorted({*task.get("dependentTasks", []), DATA})


def add(spec: Json) -> None:
    """The importer that the KFP SDK would write for `dsl.importer(artifact_uri=data_path, …)`."""
    spec["components"][DATA] = {
        "executorLabel": f"{DATA}_importer",
        "inputDefinitions": {"parameters": {"uri": {"parameterType": "STRING"}}},
        "outputDefinitions": {"artifacts": {"artifact": {"artifactType": _TYPE}}},
    }
    spec["deploymentSpec"]["executors"][f"{DATA}_importer"] = {
        "importer": {"artifactUri": {"runtimeParameter": "uri"}, "typeSchema": _TYPE}
    }
    spec["root"]["dag"]["tasks"][DATA] = {
        "componentRef": {"name": DATA},
        "taskInfo": {"name": DATA},
        "cachingOptions": {},
        "inputs": {"parameters": {"uri": {"componentInputParameter": parameters.DATA_PATH}}},
    }
