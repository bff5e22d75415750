"""The `kubeflow` section of a configuration: where the cluster finds the data, and the settings of its pods."""

import re
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import BeforeValidator, field_validator, model_validator

from pipeline.config import mounts
from pipeline.config.uris import SCHEMES, scheme
from reactive_schedules.errors import fault
from reactive_schedules.fields import Interval, SpecModel

POD_WORKSPACE = PurePosixPath("/tmp/workspace")
"""Workspace of a pod without a volume for it; deleted with the pod."""

EXPANDED = re.compile(r"\$\$|\$\(|\{\{")
"""What Kubernetes or Kubeflow changes in an argument."""

PATIENCE_SECONDS = 86_400
"""Longest pause between two attempts."""


def _matching(pattern: str, remedy: str) -> Any:
    def check(value: Any) -> str:
        if isinstance(value, bool) or not re.fullmatch(pattern, str(value)):
            raise ValueError(f"{remedy}; got {value!r}")
        return str(value)

    return Annotated[str, BeforeValidator(check)]


Cores = _matching(
    r"(?=.*[1-9])([0-9]{1,9}(\.[0-9]{1,9})?|[0-9]{1,9}m)", "must be a number of cores, such as 2, 0.5 or 500m"
)
Bytes = _matching(r"[1-9][0-9]{,8}([KMGTPE]i?)", "must be a size with a unit, such as 4Gi or 500M")
Name = _matching(r"[a-z0-9]([-a-z0-9.]{,251}[a-z0-9])?", "must be the name of a Kubernetes object")
VolumeName = _matching(
    r"[a-z0-9]([-a-z0-9]{,61}[a-z0-9])?",
    "must be lower-case letters, digits and '-', at most 63, because Kubeflow names the volume for it",
)
Variable = _matching(r"[A-Za-z_][A-Za-z0-9_]*", "must be the name of an environment variable")
Folder = _matching(
    r"(?!.*(\$\$|\$\(|\{\{))/[^:]+",
    "must be an absolute path, without '$$', '$(' and '{{', which are expanded",
)


class Secret(SpecModel):
    """A Kubernetes Secret in a pod: keys as environment variables, or a folder with a file per key."""

    name: Name
    env: dict[str, Variable] = {}
    mount: Folder | None = None

    @model_validator(mode="after")
    def _used(self) -> "Secret":
        if bool(self.env) == (self.mount is not None):
            raise fault("env", "give either env (key of the secret: variable) or mount (a folder)")
        if self.mount is not None and "." in self.name:
            raise fault("name", "must not contain '.', because Kubeflow names the volume for it")
        return self


class Volume(SpecModel):
    """A persistent volume claim, mounted in a pod."""

    claim: VolumeName
    mount: Folder


class Retry(SpecModel):
    """Retries of a failed task: the first after `seconds`, each later one after `factor` times the previous pause."""

    count: Annotated[int, Interval("[1, 1000]")] = 2
    seconds: Annotated[int, Interval("[0, 3600]")] = 30
    factor: Annotated[int, Interval("[1, 1000]")] = 2  # Argo takes integers only

    @model_validator(mode="before")
    @classmethod
    def _without_limit(cls, values: Any) -> Any:
        if isinstance(values, dict) and "max_seconds" in values:
            raise fault(
                "max_seconds",
                "remove it; Kubeflow counts it from the start of the first attempt, so a task that takes longer would "
                "not be retried",
            )
        return values

    @model_validator(mode="after")
    def _in_time(self) -> "Retry":
        if self.seconds * self.factor ** (self.count - 1) > PATIENCE_SECONDS:
            raise fault("count", "the last pause would be longer than a day; lower count, seconds or factor")
        return self


class Pod(SpecModel):
    """Settings of a component's pod; `cpu` and `memory` are both request and limit.

    Without `user`, the image's user runs the task, and must not be root.
    """

    cpu: Cores | None = None
    memory: Bytes | None = None
    gpu: Annotated[int, Interval("[0, 1000]")] | None = None
    gpu_type: str = "nvidia.com/gpu"
    env: dict[Variable, str] = {}
    secrets: list[Secret] = []
    volumes: list[Volume] = []
    node_selector: dict[str, str] = {}
    image_pull_secrets: list[Name] = []
    user: Annotated[int, Interval("[0, 2147483647]")] | None = None
    group: Annotated[int, Interval("[0, 2147483647]")] | None = None
    retry: Retry | None = None

    @field_validator("env")
    @classmethod
    def _as_written(cls, values: dict[str, str]) -> dict[str, str]:
        for name, value in values.items():
            if "$$" in value or "{{" in value:
                raise fault(name, "must not contain '$$' or '{{', which Kubernetes and Kubeflow change")
        return values

    @property
    def mounts(self) -> list[tuple[str, str]]:
        """Claims and Secrets, and where they are mounted."""
        secrets = [(secret.name, secret.mount) for secret in self.secrets if secret.mount is not None]
        return [*((volume.claim, volume.mount) for volume in self.volumes), *secrets]

    def over(self, base: "Pod") -> "Pod":
        """This pod, with unset values taken from `base`; variables, secrets and volumes are combined."""
        own = {name: getattr(self, name) for name in self.model_fields_set}
        for name, value in own.items():
            if isinstance(value, dict):
                own[name] = {**getattr(base, name), **value}
            elif isinstance(value, list):
                own[name] = [*getattr(base, name), *value]
        return base.model_copy(update=own)


class KubeflowSection(SpecModel):
    """Settings that only Kubeflow needs.

    Attributes:
        data: Where the pods find the data of `data.path`: a folder or file on a mounted volume, or a
            minio://, s3:// or gs:// URI, which Kubeflow downloads. Not needed with `data.source`, which the
            pods call.
        workspace: Folder on a mounted volume that outlives the pods; holds `serving/` and checkpoints.
            Without it, there is no model in production to compare with, and a retried task starts over.
        defaults: Settings of every pod.
        components: Settings of single pods, by component; they override the defaults.
    """

    data: str | None = None
    workspace: Folder | None = None
    defaults: Pod = Pod()
    components: dict[str, Pod] = {}

    @field_validator("data")
    @classmethod
    def _found_by_pods(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith("/") and scheme(value) is None:
            raise ValueError(f"must be an absolute path or a URI ({', '.join(SCHEMES)}); got {value!r}")
        if value is not None and (found := EXPANDED.search(value)):
            raise ValueError(
                f"must not contain {found[0]!r}, which is expanded in a pod's arguments; got {value!r}"
            )
        if value is not None and "{" in value and scheme(value) is not None:
            raise ValueError(
                f"Kubeflow downloads {value!r} as it stands; put data in spans on a mounted volume"
            )
        return value

    @model_validator(mode="after")
    def _volumes_have_places(self) -> "KubeflowSection":
        for pod in (self.defaults, *(own.over(self.defaults) for own in self.components.values())):
            mounts.check(pod.mounts)
        return self

    @model_validator(mode="after")
    def _workspace_is_mounted(self) -> "KubeflowSection":
        pods = [self.defaults, *self.components.values()]
        places = [volume.mount for pod in pods for volume in pod.volumes]
        for key in ("workspace", "data"):
            path = getattr(self, key)
            if path and path.startswith("/") and not any(_inside(path, mount) for mount in places):
                raise fault(
                    key, f"{path} is not on a volume; mount one with defaults.volumes: [{{claim, mount}}]"
                )
        return self

    def pod(self, component: str) -> Pod:
        """Settings of a component's pod."""
        own = self.components.get(component)
        return own.over(self.defaults) if own else self.defaults


def _inside(path: str, folder: str) -> bool:
    return PurePosixPath(path).is_relative_to(folder)
