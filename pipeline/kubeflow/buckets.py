"""Data in another bucket than the artifacts."""

from pipeline.config.errors import ConfigError
from pipeline.config.kubeflow import Pod
from pipeline.config.uris import bucket, scheme


def check(data_path: str, pipeline_root: str, pod: Pod) -> None:
    """Checks that the pod that downloads the data can open its bucket.

    The configuration of Kubeflow's object store is that of the pipeline root. It opens other buckets with the
    variables of the pod alone.

    Args:
        data_path: Location of the data.
        pipeline_root: URI under which Kubeflow stores artifacts.
        pod: Settings of ExampleGen's pod.

    Raises:
        ConfigError: The bucket is not that of the root, and the pod lacks a variable.
    """
    store = scheme(data_path)
    if store in (None, "gs://") or bucket(data_path) == bucket(pipeline_root):
        return
    if lacking := missing(data_path, pod):
        raise ConfigError(
            f"kubeflow.data: {data_path} is not in the bucket of --pipeline-root, so Kubeflow opens it with the "
            f"variables of ExampleGen's pod; set {', '.join(lacking)} with env and secrets in "
            "kubeflow.components.ExampleGen (and AWS_ENDPOINT_URL unless the bucket is on AWS), or use that bucket"
        )


def missing(uri: str, pod: Pod) -> list[str]:
    """The variables that a pod lacks to open a bucket by itself."""
    store = scheme(uri)
    if store in (None, "gs://"):  # which has roles of its own
        return []
    given = {*pod.env, *(variable for secret in pod.secrets for variable in secret.env.values())}
    wanted = [] if "AWS_ROLE_ARN" in given else ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]
    if "AWS_DEFAULT_REGION" not in given:
        wanted.append("AWS_REGION")
    if store == "minio://":
        wanted.append("AWS_ENDPOINT_URL")
    return [name for name in wanted if name not in given]
