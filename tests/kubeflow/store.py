"""What outlives a pod: the object store, the metadata and the cache."""

import dataclasses
import itertools
import shutil
import threading
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2 as spec_pb2


class ObjectStore:
    """Buckets as folders; a URI is a prefix of keys, and there are no empty folders."""

    def __init__(self, folder: Path):
        self._folder = folder

    def path(self, uri: str) -> Path:
        """Path of an object."""
        scheme, _, rest = uri.partition("://")
        return self._folder / scheme / rest

    def upload(self, path: Path, uri: str) -> None:
        """Copies a file, or the files of a folder in the order of their names (objectstore.UploadBlob).

        Raises:
            FileNotFoundError: The path does not exist, or a link leads nowhere; the files after it are not copied.
            IsADirectoryError: A link leads to a folder.
        """
        if not path.is_dir():
            self._copy(path, uri)
            return
        for entry in sorted(path.iterdir(), key=lambda each: each.name):
            if entry.is_dir() and not entry.is_symlink():
                self.upload(entry, f"{uri}/{entry.name}")
            else:
                self._copy(entry, f"{uri}/{entry.name}")

    def _copy(self, file: Path, uri: str) -> None:
        content = file.read_bytes()
        target = self.path(uri)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def download(self, uri: str, path: Path) -> None:
        """Copies all objects at or below the URI; it is not an error if there are none."""
        source = self.path(uri)
        files = [source] if source.is_file() else [file for file in source.rglob("*") if file.is_file()]
        for file in files:
            target = path / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


@dataclasses.dataclass(frozen=True)
class Recorded:
    """An artifact in MLMD: its properties are all custom ones."""

    number: int
    uri: str
    properties: dict[str, Any]

    def runtime(self) -> spec_pb2.RuntimeArtifact:
        """As the driver hands it to the next task (metadata.OutputArtifact.ToRuntimeArtifact)."""
        runtime = spec_pb2.RuntimeArtifact(name=str(self.number), uri=self.uri)
        runtime.type.instance_schema = ""  # "TODO: figure out how to get schema"
        json_format.ParseDict(self.properties, runtime.metadata)
        return runtime


class Metadata:
    """The part of MLMD that KFP uses."""

    def __init__(self):
        self._numbers = itertools.count(1)
        self._imported: dict[str, Recorded] = {}
        self._lock = threading.Lock()

    def record(self, name: str, runtime: spec_pb2.RuntimeArtifact) -> Recorded:
        """Stores an output (metadata.Client.RecordArtifact)."""
        properties = {key: _mlmd(value) for key, value in json_format.MessageToDict(runtime.metadata).items()}
        properties.setdefault("display_name", name)
        properties.setdefault("store_session_info", '{"Provider":"minio","Params":{"fromEnv":"true"}}')
        with self._lock:
            return Recorded(next(self._numbers), runtime.uri, properties)

    def find_or_import(self, uri: str) -> Recorded:
        """What an importer with `reimport: false` gives."""
        with self._lock:
            if uri not in self._imported:
                session = {"store_session_info": '{"Provider":"minio","Params":{"fromEnv":"true"}}'}
                self._imported[uri] = Recorded(next(self._numbers), uri, session)
            return self._imported[uri]


def _mlmd(value: Any) -> Any:
    """Metadata after its way through MLMD (metadata.StructValueToMLMDValue, and back)."""
    match value:
        case None:
            raise ValueError(
                "failed to convert RuntimeArtifact to MLMD artifact: unknown/unsupported value type "
                "*structpb.Value_NullValue"
            )
        case bool():
            return float(value)
        case float():
            return float(f"{value:.15g}")
        case str():
            return value
        case list():
            return {"list": value}
        case _:
            return {"struct": value}
