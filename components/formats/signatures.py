"""What a file really is, by its first bytes; its name may say otherwise."""

import codecs
import gzip
import re
import zlib

ENOUGH_BYTES = 512
"""Number of bytes that are enough to tell."""

GZIP_ERRORS = (gzip.BadGzipFile, zlib.error, EOFError)
"""What Python raises for a file that is not compressed with gzip, or is damaged."""

_KINDS = (
    (rb"\x1f\x8b", "compressed with gzip", "unpack it"),
    (rb"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or export the sheet as CSV"),
    (rb"\xd0\xcf\x11\xe0", "an Excel workbook", "export the sheet as CSV"),
    (rb"PAR1[\x00-\x08\x0e-\x1f]", "a Parquet file", "rename it to .parquet"),
    (rb"ARROW1\x00|Obj\x01|\x89HDF", "in a binary table format", "convert it to CSV or Parquet"),
    (rb"BZh[1-9]1AY|\xfd7zXZ\x00|\x28\xb5\x2f\xfd|7z\xbc\xaf|Rar!\x1a", "compressed", "unpack it"),
    (rb"%PDF-", "a PDF document", "export the table as CSV"),
    (rb"\xff\xfe|\xfe\xff", "text in UTF-16", "save it as UTF-8"),
    (rb"\s*<(?i:!doctype|html|\?xml)", "a web page or XML", "download or convert the data itself"),
    (rb"\s*(?:\{\s*[\"}]|\[\s*[\[{])", "JSON", "convert it to CSV"),
    (rb"\x00\x05\x16\x07", "metadata of macOS", "delete it"),
    (rb"version https://git-lfs", "a Git LFS pointer", "fetch the data with `git lfs pull`"),
)


def mistaken(start: bytes, wanted: str) -> str | None:
    """What is wrong with a file that is of another, well-known kind, and the remedy; None if it is not.

    Args:
        start: At least the first `ENOUGH_BYTES`, or the whole file.
        wanted: What the file should be, such as `CSV`.
    """
    for pattern, kind, remedy in _KINDS:
        if re.match(pattern, start.removeprefix(codecs.BOM_UTF8)):
            return f"the file is {kind} instead of {wanted}; {remedy}"
    return None


def gzip_fault(error: Exception) -> str:
    """What is wrong with a file named `*.gz`, and the remedy if there is one, from one of `GZIP_ERRORS`."""
    if "Not a gzipped file" in str(error):
        return "the file is not compressed; remove .gz from its name"
    return f"the compressed file is damaged: {error}"
