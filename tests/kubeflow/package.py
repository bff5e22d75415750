"""What KFP's API server does with a package before anything runs (backend/src/v2/compiler)."""

import re

import yaml
from google.protobuf import json_format
from kfp.kubernetes import kubernetes_executor_config_pb2 as platform_pb2
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2


class Refused(Exception):
    """KFP rejects the package."""


class Package:
    """A package that KFP accepts.

    Attributes:
        spec: The pipeline spec.
        executors: Executors of components, by label.
        platform: Kubernetes settings of executors, by label.
    """

    def __init__(self, text: str):
        """Raises `Refused`."""
        pipeline, *others = yaml.safe_load_all(text)
        self.spec = _strictly(pipeline, spec_pb2.PipelineSpec())
        if self.spec.schema_version != "2.1.0":
            raise Refused(f"schema version {self.spec.schema_version!r}")
        # Names a Workflow, hence a Kubernetes name.
        if not re.fullmatch("[a-z0-9]([-a-z0-9]*[a-z0-9])?", self.spec.pipeline_info.name):
            raise Refused(f"pipelineInfo.name {self.spec.pipeline_info.name!r}")
        deployment = spec_pb2.PipelineDeploymentConfig()
        json_format.ParseDict(
            json_format.MessageToDict(self.spec.deployment_spec), deployment, ignore_unknown_fields=True
        )
        self.executors = deployment.executors
        self.platform = {}
        for document in others:
            platforms = _strictly(document, spec_pb2.PlatformSpec()).platforms
            for label, config in platforms["kubernetes"].deployment_spec.executors.items():
                self.platform[label] = _strictly(
                    json_format.MessageToDict(config), platform_pb2.KubernetesExecutorConfig()
                )
        for name, task in self.tasks.items():
            self._check(name, task)

    @property
    def tasks(self):
        """Task specs by name."""
        return self.spec.root.dag.tasks

    def component(self, task: spec_pb2.PipelineTaskSpec) -> spec_pb2.ComponentSpec:
        """The component of a task."""
        return self.spec.components[task.component_ref.name]

    def needs(self, task: spec_pb2.PipelineTaskSpec) -> set[str]:
        """Earlier tasks: those written as such, and those whose outputs are used (addImplicitDependencies)."""
        artifacts = (item.task_output_artifact.producer_task for item in task.inputs.artifacts.values())
        values = (item.task_output_parameter.producer_task for item in task.inputs.parameters.values())
        return {*task.dependent_tasks, *(name for name in (*artifacts, *values) if name)}

    def _check(self, name: str, task: spec_pb2.PipelineTaskSpec) -> None:
        if not re.fullmatch("[a-zA-Z0-9][-a-zA-Z0-9]*", name):
            raise Refused(f"task {name}: Argo takes no such name")
        if task.component_ref.name not in self.spec.components:
            raise Refused(f"task {name}: component spec for {task.component_ref.name!r} not found")
        for other in self.needs(task):
            if other not in self.tasks:
                raise Refused(f"task {name}: unknown producer task {other!r} in DAG")
        label = self.component(task).executor_label
        if label not in self.executors:
            raise Refused(f"task {name}: executor {label!r} not found")
        kind = self.executors[label].WhichOneof("spec")
        if kind not in ("container", "importer"):
            raise Refused(f"task {name}: {kind} not implemented")
        if kind == "importer" and task.trigger_policy.condition:
            raise Refused(f"task {name}: triggerPolicy.condition on importer task is not supported")
        for output in self.component(task).output_definitions.artifacts.values():
            schema = output.artifact_type
            title = (yaml.safe_load(schema.instance_schema) or {}).get("title") or schema.schema_title
            if not title:
                raise Refused(f"task {name}: an output has no type")


def _strictly(document, message):
    try:
        return json_format.ParseDict(document, message)
    except json_format.ParseError as error:
        raise Refused(str(error)) from None
