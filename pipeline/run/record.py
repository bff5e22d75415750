"""Records a run in the metadata store, as custom properties of its `pipeline_run` context.

- `record`: JSON with `config` (without `kubeflow`, and with credentials hidden), `metric` (that models are judged by),
  `data` and `code` (as in `components.pusher.lineage`), `candidate`, `components` (names), and `process`, see
  `pipeline.run.process`.
- `outcome`: `done`, `failed` or `interrupted`; missing while the run is in progress, or if it was killed.
- `error`: one-line error of the component that failed.
"""

import json

from ml_metadata.proto import metadata_store_pb2
from tfx.orchestration import metadata
from tfx.orchestration.portable.launcher import Launcher
from tfx.orchestration.portable.mlmd import context_lib

from components import code
from components.errors import UserError
from pipeline.config.credentials import recordable
from pipeline.config.fit import FittedConfig
from pipeline.run import process

CONTEXT_TYPE = "pipeline_run"


class RunRecord:
    """Writes the record of one run.

    Args:
        fitted: Configuration that fits its data.
        components: Names of the components to run.

    Attributes:
        run_id: Id in the metadata store, larger than that of any earlier run; None until the first launch.
    """

    def __init__(self, fitted: FittedConfig, components: list[str]) -> None:
        self._fitted = fitted
        self._components = components
        self.run_id: str | None = None

    def begin(self, launcher: Launcher) -> None:
        """Writes the record on the first launch of the run; its id is not known earlier."""
        if self.run_id is not None:
            return
        self.run_id = launcher._pipeline_runtime_spec.pipeline_run_id.field_value.string_value
        with launcher._mlmd_connection as handle:
            context_lib.prepare_contexts(
                metadata_handle=handle, node_contexts=launcher._pipeline_node.contexts
            )
            if "record" in self._context(handle).custom_properties:  # of another pipeline, in the same store
                raise UserError("metadata: another run began in the same microsecond; run again")
            self._put(handle, record=json.dumps(self._content()))

    def end(self, connection: metadata_store_pb2.ConnectionConfig, outcome: str, error: str = "") -> None:
        """Writes how the run ended.

        Args:
            connection: Connection to the store.
            outcome: Outcome, see the module's docstring.
            error: Error in one line.
        """
        if self.run_id is not None:
            with metadata.Metadata(connection) as handle:
                self._put(handle, outcome=outcome, **({"error": error} if error else {}))

    def _put(self, handle: metadata.Metadata, **properties: str) -> None:
        context = self._context(handle)
        for name, value in properties.items():
            context.custom_properties[name].string_value = value
        handle.store.put_contexts([context])

    def _context(self, handle: metadata.Metadata) -> metadata_store_pb2.Context:
        return handle.store.get_context_by_type_and_name(CONTEXT_TYPE, self.run_id)

    def _content(self) -> dict:
        fitted, paths = self._fitted, self._fitted.config.code
        return {
            "config": recordable(fitted.config),
            "metric": fitted.metric,
            "candidate": fitted.candidate,
            "data": {
                "fingerprint": fitted.data.fingerprint,
                "path": f"{fitted.data.directory}/{fitted.data.pattern}",
            },
            "code": {
                "fingerprint": code.fingerprint(*paths),
                **code.checkout(*paths),
            },
            "components": self._components,
            "process": process.identity(),
        }
