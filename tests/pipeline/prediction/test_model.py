"""What an exported model says before TensorFlow is loaded."""

import json

import pytest

from components.model_store import model_files
from pipeline.prediction.model import ExportedModel


@pytest.mark.parametrize(
    ("feature", "card", "rows"),
    [
        ({"dtype": "float32", "shape": [1]}, {}, 4096),
        ({"dtype": "float32", "shape": [256 * 256]}, {"input_values": 1}, 16),
        ({"dtype": "string", "shape": [1]}, {"input_values": 256 * 256}, 16),  # files of images
        ({"dtype": "string", "shape": [1]}, {"input_values": 2**30}, 1),
        ({"dtype": "string", "shape": [1]}, {}, 4096),  # of an earlier release
    ],
)
def test_a_batch_has_fewer_rows_the_larger_they_are(tmp_path, feature, card, rows):
    label = {"name": "y", "task": "regression", "classes": []}
    file = tmp_path / model_files.CARD
    file.parent.mkdir()
    file.write_text(json.dumps({"features": {"x": {**feature, "rows_input": "x"}}, "label": label, **card}))
    (tmp_path / model_files.GRAPH).touch()
    assert ExportedModel(tmp_path).batch_rows == rows
