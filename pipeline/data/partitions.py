"""Tables in nested folders such as `year=2024/month=1`, as Spark, pandas and Hive write them."""

from pathlib import Path

from components.errors import DataError
from components.formats import registry
from components.formats.litter import is_litter
from components.formats.parquet.folders import PART


def find(folder: Path) -> tuple[str, list[Path]] | None:
    """Returns a glob of the Parquet files in nested folders, and the files; None if there are no such folders.

    Raises:
        DataError: The folders are not nested in one way, or hold other files.
    """
    folders = [entry for entry in sorted(folder.iterdir()) if PART.fullmatch(entry.name) and entry.is_dir()]
    pattern, level = "", folders
    while level:
        names = {entry.name.partition("=")[0] for entry in level}
        if len(names) > 1:
            raise DataError(
                f"data.path: {level[0].parent} has folders for {' and '.join(sorted(names))}; keep one column per level"
            )
        pattern = f"{pattern}{names.pop()}=*/"
        inside = [each for entry in level for each in sorted(entry.iterdir()) if not is_litter(each.name)]
        level = [entry for entry in inside if PART.fullmatch(entry.name) and entry.is_dir()]
        files = [entry for entry in inside if entry not in level]
        if files and level:
            raise DataError(
                f"data.path: {files[0]} is beside folders such as {level[0].name}; move it into one of them"
            )
        for file in files:
            if registry.suffix(file.name, registry.trainable()) != ".parquet":
                raise DataError(
                    f"data.path: {file} is not a Parquet file, the only format in nested folders; move it"
                )
        if files:
            return f"{pattern}*.parquet", files
    return None
