"""Data of other libraries that cannot be trained on, and why."""

import sys
from typing import Any

import keras


def refuse_batched(data: Any, name: str) -> None:
    """Refuses data that choose their own batches.

    Raises:
        ValueError: `data` is a `keras.utils.PyDataset` or a PyTorch `DataLoader`.
    """
    torch = sys.modules.get("torch")
    loader = torch is not None and isinstance(data, torch.utils.data.DataLoader)
    if loader or isinstance(data, keras.utils.PyDataset):
        kind = "DataLoader" if loader else "PyDataset"
        raise ValueError(
            f"{name}: a {kind} chooses the size and the order of its batches, so a training could neither grow its "
            "batch nor resume; pass arrays, or an rs.Source"
        )
