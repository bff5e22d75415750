"""Object-store URIs, and where KFP's launcher keeps their files inside a pod.

The launcher downloads a task's inputs before the task and uploads its outputs after it; in between, both are
files in these folders (`LocalPathForURI` in KFP's backend/src/v2/component/launcher_v2.go).
"""

SCHEMES = {"minio://": "/minio/", "s3://": "/s3/", "gs://": "/gcs/"}
"""Scheme to local folder."""


def scheme(uri: str) -> str | None:
    """The scheme of an object-store URI with a bucket; None for anything else."""
    for prefix in SCHEMES:
        if uri.startswith(prefix) and uri.removeprefix(prefix).strip("/"):
            return prefix
    return None


def bucket(uri: str) -> str:
    """The scheme and the bucket of a URI, without what is in it."""
    prefix = scheme(uri) or ""
    return prefix + uri.removeprefix(prefix).partition("/")[0]


def to_local(uri: str) -> str:
    """The local path of a URI; anything else is returned unchanged."""
    prefix = scheme(uri)
    return uri if prefix is None else SCHEMES[prefix] + uri.removeprefix(prefix)


def to_remote(path: str) -> str:
    """Inverse of `to_local`."""
    for prefix, folder in SCHEMES.items():
        if path.startswith(folder):
            return prefix + path.removeprefix(folder)
    return path


def to_fsspec(uri: str) -> str:
    """The URI as fsspec understands it, which knows MinIO as any other S3."""
    return uri.replace("minio://", "s3://", 1) if uri.startswith("minio://") else uri
