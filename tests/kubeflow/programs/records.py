"""What KFP keeps of runs, over gRPC: MLMD's own store, and the API server's list of tasks, which is the cache."""

import json
import threading
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.metadata_store.pywrap.metadata_store_extension import metadata_store as library
from ml_metadata.proto import metadata_store_pb2

from tests.kubeflow.store import Recorded

_CODES = {code.value[0]: code for code in grpc.StatusCode}


def _messages() -> Callable[[str], Any]:
    """Classes of the messages about tasks, with the fields that are used (backend/api/v1beta1/task.proto)."""

    def field(name: str, number: int, kind: str = "", label: str = "LABEL_OPTIONAL") -> dict[str, Any]:
        typed = {"type": "TYPE_MESSAGE", "typeName": f".api.{kind}"} if kind else {"type": "TYPE_STRING"}
        return {"name": name, "number": number, "label": label, **typed}

    numbers = {"namespace": 2, "pipelineName": 3, "mlmdExecutionID": 5, "fingerprint": 8}
    fields = {
        "Task": [field(name, number) for name, number in numbers.items()],
        "CreateTaskRequest": [field("task", 1, "Task")],
        "ListTasksRequest": [field("filter", 5)],
        "ListTasksResponse": [field("tasks", 1, "Task", "LABEL_REPEATED")],
    }
    file = descriptor_pb2.FileDescriptorProto(name="tasks.proto", package="api", syntax="proto3")
    json_format.ParseDict(
        {"messageType": [{"name": name, "field": each} for name, each in fields.items()]}, file
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return lambda name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"api.{name}"))


class Records(grpc.GenericRpcHandler):
    """A server on a free port.

    Attributes:
        port: Its port.
    """

    def __init__(self):
        config = metadata_store_pb2.ConnectionConfig()
        config.fake_database.SetInParent()
        self._store, self._lock = MetadataStore(config), threading.Lock()
        self._tasks: list[Any] = []
        self._message = _messages()
        self._server = grpc.server(futures.ThreadPoolExecutor(8), handlers=[self])
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def close(self) -> None:
        """Ends it."""
        self._server.stop(None)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler:
        """What answers a method."""
        service, _, method = handler_call_details.method.strip("/").partition("/")

        def answer(request: bytes, context: grpc.ServicerContext) -> bytes:
            with self._lock:
                if service == "api.TaskService":
                    return getattr(self, f"_{method}")(request)
                content, error, code = getattr(library, method)(self._store._metadata_store, request)
            if code:
                context.abort(_CODES[code], error.decode())
            return content

        return grpc.unary_unary_rpc_method_handler(answer)

    def _CreateTaskV1(self, request: bytes) -> bytes:
        task = self._message("CreateTaskRequest").FromString(request).task
        self._tasks.append(task)
        return task.SerializeToString()

    def _ListTasksV1(self, request: bytes) -> bytes:
        """The newest task that is as the filter says."""
        predicates = json.loads(self._message("ListTasksRequest").FromString(request).filter)["predicates"]
        wanted = {each["key"]: each["stringValue"] for each in predicates}
        found = [
            task
            for task in reversed(self._tasks)
            if all(getattr(task, key) == value for key, value in wanted.items())
        ]
        return self._message("ListTasksResponse")(tasks=found[:1]).SerializeToString()

    def outputs(self, run: str, task: str) -> dict[str, Recorded]:
        """Artifacts that a task of a run has put out, by output."""
        with self._lock:
            (context,) = [each for each in self._store.get_contexts() if each.name == run]
            execution = max(
                each.id
                for each in self._store.get_executions_by_context(context.id)
                if each.custom_properties["task_name"].string_value == task
            )
            events = [
                event
                for event in self._store.get_events_by_execution_ids([execution])
                if event.type == metadata_store_pb2.Event.OUTPUT
            ]
            artifacts = self._store.get_artifacts_by_id([event.artifact_id for event in events])
        by_number = {each.id: each for each in artifacts}
        return {
            event.path.steps[0].key: _recorded(by_number[event.artifact_id])
            for event in events
            if event.path.steps
        }


def _recorded(artifact: metadata_store_pb2.Artifact) -> Recorded:
    properties = {
        name: getattr(value, value.WhichOneof("value"))
        for name, value in [*artifact.properties.items(), *artifact.custom_properties.items()]
    }
    return Recorded(artifact.id, artifact.uri, properties)
