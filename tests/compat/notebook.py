"""A search in a real notebook, for an environment that has nbclient: `python notebook.py FOLDER`."""

import sys
from typing import Any

import nbformat  # pyright: ignore[reportMissingImports]
from nbclient import NotebookClient  # pyright: ignore[reportMissingImports]

MODEL = """
import keras
import numpy as np

import reactive_schedules as rs

x = np.random.default_rng(0).normal(size=(400, 8)).astype("float32")
y = (x[:, 0] * x[:, 1] > 0).astype("float32")
seen = []


def build_model(hyperparameters):
    seen.append(hyperparameters)
    layers = [keras.layers.Dense(hyperparameters["width"], "relu"), keras.layers.Dense(1, "sigmoid")]
    return keras.Sequential([keras.Input((8,)), *layers])
"""
SEARCH = """
study = rs.tune(
    build_model,
    (x[:300], y[:300]),
    (x[300:], y[300:]),
    {"learning_rate": {"family": "constant", "peak": 0.01}, "epochs": 4},
    {"learning_rate": {"peak": [0.003, 0.01, 0.03]}, "model": {"width": [8]}},
    hyperparameters={"width": 8},
    algorithm="grid",
    trials=3,
    folds=0,
    directory="study",
    fit={"loss": "binary_crossentropy"},
)
"""


class Counting(NotebookClient):
    """Counts the updates of outputs."""

    updates = 0

    def process_message(self, msg: dict[str, Any], cell: Any, cell_index: int) -> Any:
        self.updates += msg["msg_type"] == "update_display_data"
        return super().process_message(msg, cell, cell_index)


def texts(cell: Any) -> list[str]:
    """What a cell shows, as text; empty ones left out."""
    shown = [output.get("text") or output["data"]["text/plain"] for output in cell.outputs]
    return [text.strip() for text in shown if text.strip()]


def main(folder: str) -> None:
    codes = [MODEL, SEARCH, "study", SEARCH, "study.model().count_params(), len(seen)"]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in codes])
    client = Counting(book, timeout=900, kernel_name="python3", resources={"metadata": {"path": folder}})
    client.execute()
    nbformat.write(book, f"{folder}/search.ipynb")
    _, first, found, again, model = map(texts, book.cells)
    assert len(first) == 1, first  # one output, which has been written anew
    assert first[0].startswith("search: 3 of 3 trials\nbest val_loss 0."), first
    assert client.updates >= 3, client.updates  # as many as there are trials, at least
    assert found[0].startswith("<Study of 3 trials, best val_loss 0."), found
    assert again[0] == "going on after 3 of 3 trials", again
    assert model == ["(81, 1)"], model  # trials run in other processes; only `study.model` builds one here
    print(f"{client.updates} updates of one output")


if __name__ == "__main__":
    main(sys.argv[1])
