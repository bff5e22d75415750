"""Files that programs leave beside data: they are no data, whatever their suffix."""

import re
from pathlib import PurePath

_NAMES = re.compile(
    r"""
    \..*                            # hidden: ._x.csv, .DS_Store, .ipynb_checkpoints, .part-0.parquet.crc
    | _SUCCESS | _committed_.* | _started_.* | _temporary | _metadata | _common_metadata | _delta_log  # Spark, Delta
    | __MACOSX | Icon\r             # macOS
    | Thumbs\.db | ehthumbs\.db | desktop\.ini | \$RECYCLE\.BIN    # Windows
    | ~\$.* | .*~                   # open documents and copies of editors
    | .*\.(crc|part|tmp|crdownload)    # checksums, unfinished downloads
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is ignored wherever data is looked for."""
    return _NAMES.fullmatch(name) is not None


def is_among_litter(path: PurePath) -> bool:
    """Whether a part of a path, relative to the folder of the data, is ignored."""
    return any(map(is_litter, path.parts))
