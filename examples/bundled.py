"""scikit-learn's bundled data sets, written as files that a pipeline reads.

Each function writes into an existing, empty directory and needs no network. A configuration names one of
them under `data.source`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from components.formats.tfrecord.records import write_records

if TYPE_CHECKING:
    import pandas as pd


def digits(directory: Path) -> None:
    """1,797 handwritten digits: `image` (64 floats, 8 x 8, 0 to 16) and `digit` (int64) in one TFRecord."""
    import pyarrow as pa
    from sklearn.datasets import load_digits
    from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

    bundle = load_digits()
    columns = {
        "image": pa.array(list(bundle.data.astype("float32")), pa.list_(pa.float32())),
        "digit": pa.array([[digit] for digit in bundle.target], pa.list_(pa.int64())),
    }
    encode = RecordBatchToExamplesEncoder().encode
    # The encoder's column order changes from process to process. Concatenated protobuf messages merge, so encode
    # each column separately and join them in order.
    parts = [encode(pa.RecordBatch.from_pydict({name: column})) for name, column in columns.items()]
    write_records(directory / "digits.tfrecord.gz", map(b"".join, zip(*parts, strict=True)))


def breast_cancer(directory: Path) -> None:
    """569 tumours, 30 measurements each; `diagnosis` is text: malignant or benign."""
    from sklearn.datasets import load_breast_cancer

    bundle = load_breast_cancer(as_frame=True)
    frame = bundle.data.assign(diagnosis=bundle.target_names[bundle.target])
    _write_csv(frame, directory / "breast_cancer.csv")


def wine(directory: Path) -> None:
    """178 wines, 13 measurements each; `cultivar` is 0, 1 or 2."""
    from sklearn.datasets import load_wine

    bundle = load_wine(as_frame=True)
    _write_csv(bundle.data.assign(cultivar=bundle.target), directory / "wine.csv")


def diabetes(directory: Path) -> None:
    """442 patients, 10 standardised measurements each; `progression` is a number, 25 to 346."""
    from sklearn.datasets import load_diabetes

    bundle = load_diabetes(as_frame=True)
    _write_csv(bundle.data.assign(progression=bundle.target), directory / "diabetes.csv")


def _write_csv(frame: "pd.DataFrame", path: Path) -> None:
    frame.rename(columns=lambda name: name.replace(" ", "_")).to_csv(path, index=False)
