"""Opens files of rows to predict."""

from collections.abc import Mapping

from components.features import RawFeature
from components.formats import registry
from components.formats.rows import Rows
from pipeline.prediction.batches import check_columns


def open_rows(file: str, features: Mapping[str, RawFeature]) -> Rows:
    """Opens a file by its suffix, and checks that it has the required columns.

    Args:
        file: File as for `components.formats.registry.open_rows`.
        features: Raw features of the model.

    Raises:
        UserError: The file cannot be read, or lacks columns.
    """
    rows = registry.open_rows(file, features)
    check_columns(rows.schema.names, features, rows.name)
    return rows
