"""What our ExampleGen needs beyond TFX's own configuration; it travels in TFX's `custom_config`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format, struct_pb2
from tfx.proto import example_gen_pb2
from tfx.types import standard_component_specs
from tfx.utils import proto_utils

from components.formats.cells import reading
from components.formats.cells.reading import Reading


@dataclass(frozen=True)
class Settings:
    """Settings of an ExampleGen.

    Attributes:
        label: Column to predict; empty if there is none. Rows without a value in it are left out.
        split: What decides the split of a row, as in the section `data.split` of a configuration, with the `format` of
            a column of times; empty for a hash, or for input splits that are the output splits. The `shares` of input
            splits are those of the output splits, by which the missing ones are taken from the training rows.
        reading: How cells become values.
        task: Task of the label.
        span: Number of the span that the files are, if they come in spans.
        version: Version of the span, if it has versions.
    """

    label: str = ""
    split: Mapping[str, Any] = field(default_factory=dict)
    reading: Reading = reading.PLAIN
    task: str = ""
    span: int | None = None
    version: int | None = None

    @property
    def separator(self) -> str | None:
        """What separates the labels in a cell of a multi-label column, empty for lists; None for one label per row."""
        return self.reading.lists.get(self.label, "") if self.task == "multilabel" else None

    @property
    def classes_of(self) -> str:
        """The label if its values are classes, else empty."""
        return self.label if self.task in ("classification", "multilabel") else ""

    @classmethod
    def of(cls, exec_properties: Mapping[str, Any]) -> "Settings":
        """Reads the execution properties of an ExampleGen; without a custom configuration, all is the default."""
        packed = example_gen_pb2.CustomConfig()
        if text := exec_properties.get(standard_component_specs.CUSTOM_CONFIG_KEY):
            proto_utils.json_to_proto(text, packed)
        values = struct_pb2.Struct()
        packed.custom_config.Unpack(values)
        found = json_format.MessageToDict(values)
        return cls(
            found.get("label", ""),
            found.get("split", {}),
            Reading.from_json(found.get("reading", {})),
            found.get("task", ""),
            *(None if found.get(key) is None else int(found[key]) for key in ("span", "version")),
        )

    def to_proto(self) -> example_gen_pb2.CustomConfig:
        """Returns the `custom_config` of TFX's ExampleGens."""
        values = struct_pb2.Struct()
        content = {
            "label": self.label,
            "split": dict(self.split),
            "reading": self.reading.to_json(),
            "task": self.task,
            "span": self.span,
            "version": self.version,
        }
        json_format.ParseDict(content, values)
        packed = example_gen_pb2.CustomConfig()
        packed.custom_config.Pack(values, deterministic=True)
        return packed


PLAIN = Settings()
