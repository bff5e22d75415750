"""What the image leaves out; `make image-test` runs the pipeline in it."""

import re
import shutil

import pytest

from pipeline.kubeflow import selfcheck
from pipeline.kubeflow.image import slim
from tests.conftest import ROOT

KEPT = [
    *("numpy/testing/__init__.py", "scipy/stats/_bws_test.py", "tfx/types.py", "tfx/__pycache__/types.cpython-311.pyc"),
    *("some-1.dist-info/licenses/tests/LICENSE", "tensorflow/lib.so.2", "keras/latest.py"),
]  # fmt: skip
DELETED = [
    *("numpy/tests/test_a.py", "tfx/a/testdata/b.csv", "tensorflow/include/a/b.h", "pyarrow/a.pyi", "scipy/a.pxd"),
    *("keras/a_test.py", "keras/__pycache__/a_test.cpython-311.pyc", "pyarrow/lib.a"),
]  # fmt: skip


def test_tests_headers_and_sources_are_deleted_and_nothing_else(tmp_path, monkeypatch):
    monkeypatch.setattr(slim, "STRIPPED", ())
    for name in (*KEPT, *DELETED):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("content")
    (tmp_path / "tensorflow/link.h").symlink_to("lib.so.2")
    assert slim.slim(tmp_path) == len("content") * len(DELETED)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {*KEPT, "tensorflow/link.h"}


@pytest.mark.skipif(shutil.which("strip") is None, reason="needs binutils")
def test_libraries_lose_the_names_for_debuggers_and_still_work(tmp_path):
    import importlib.util

    import zstandard.backend_c as installed

    (tmp_path / "zstandard").mkdir()
    library = shutil.copy(str(installed.__file__), tmp_path / "zstandard")
    saved = slim.slim(tmp_path)
    assert saved > 1_000_000
    spec = importlib.util.spec_from_file_location("zstandard.backend_c", library)
    assert spec is not None
    assert importlib.util.module_from_spec(spec).ZstdCompressor().compress(b"a") != b""


def test_unused_packages_are_locked_and_imported_by_nothing_of_ours():
    unused = selfcheck.UNUSED.read_text(encoding="utf-8").split()
    locked = re.findall(r"^([^\s#=]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert {*unused} <= {*locked}
    assert unused == sorted(unused)
    ours = [
        path
        for folder in ("components", "pipeline", "reactive_schedules")
        for path in (ROOT / folder).rglob("*.py")
    ]
    for path in ours:
        assert "google.cloud" not in path.read_text(encoding="utf-8"), path
