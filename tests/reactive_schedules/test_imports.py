"""The fingerprint of the user's code follows its imports."""

import os
import subprocess
import sys

import pytest

from components import code
from reactive_schedules import imports
from tests.conftest import ROOT


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes files of the user into a folder on the import path."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(files: dict[str, str]) -> None:
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")

    return write


@pytest.mark.parametrize(
    "files",
    [
        {"own_m.py": "import own_layers", "own_layers.py": ""},
        {"own_m.py": "def build(h, s):\n    import own_layers", "own_layers.py": ""},
        {"own_m.py": "try:\n    import own_layers\nexcept ImportError:\n    pass", "own_layers.py": ""},
        {"own_m.py": "import own_a", "own_a.py": "import own_b", "own_b.py": "import own_a, own_c", "own_c.py": ""},
        {"own_m.py": "from own_p import layers", "own_p/__init__.py": "", "own_p/layers.py": ""},
        {"own_m.py": "import own_p.q.layers", "own_p/__init__.py": "", "own_p/q/__init__.py": "", "own_p/q/layers.py": ""},
        {"own_m.py": "from own_p.layers import Net", "own_p/layers.py": "class Net: ..."},
        {"own_m.py": "from own_p import Net", "own_p/__init__.py": "from .nets import Net", "own_p/nets.py": ""},
        {"own_m.py": "from own_p import Net", "own_p/nets.py": "",
         "own_p/__init__.py": "def __getattr__(name):\n    from own_p import nets\n    return nets"},
        {"own_m.py": "from own_p import *", "own_p/__init__.py": "__all__ = ['nets']", "own_p/nets.py": ""},
        {"own_m.py": "import importlib\nx = importlib.import_module('own_p.nets')", "own_p/nets.py": ""},
        {"own_m.py": "from own_p.a import b", "own_p/__init__.py": "", "own_p/a.py": "from . import c\nfrom .d.e import f",
         "own_p/c.py": "", "own_p/d/e.py": "from ..g import h", "own_p/g.py": ""},
    ],
    ids=lambda files: " ".join(files),
)  # fmt: skip
def test_a_change_in_any_imported_file_changes_the_fingerprint(files, write):
    write({**files, "own_m.py": files["own_m.py"] + "\nbuild = print\n"})
    seen = {code.fingerprint("own_m.build")}
    for name, text in files.items():
        write({name: f"{text}\nbuild = print\n# changed\n"})
        seen.add(code.fingerprint("own_m.build"))
    assert len(seen) == len(files) + 1


def test_what_is_not_imported_does_not_count(write):
    files = {
        "own_m.py": "import json, numpy, own_p.a\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    import own_types\nbuild = print\n",
        "own_p/__init__.py": "def __getattr__(name):\n    from own_p import other\n    return other",
        "own_p/a.py": "",
        "own_p/other.py": "",
        "own_types.py": "",
        "own_beside.py": "import own_m",
    }
    write(files)
    before = code.fingerprint("own_m.build")
    write({name: "# changed\n" for name in ("own_p/other.py", "own_types.py", "own_beside.py")})
    assert code.fingerprint("own_m.build") == before


def test_nothing_is_imported_and_mistakes_are_left_to_the_import(write):
    write(
        {
            "own_m.py": "import own_bad, own_none.at_all, own_p.none\nfrom own_p import gone\nbuild = print\n",
            "own_bad.py": "def (:",
            "own_p/__init__.py": "raise SystemExit('imported')",
        }
    )
    files, installed = imports.closure("own_m")
    assert (sorted(files), installed) == (["own_bad", "own_m", "own_p"], set())
    assert code.fingerprint("own_m.build") == code.fingerprint("own_m.build")


def test_installed_packages_are_not_followed(write):
    write(
        {
            "own_m.py": "import keras, numpy.linalg, tensorflow as tf\nfrom sklearn import tree\nbuild = print\n"
        }
    )
    files, installed = imports.closure("own_m")
    assert sorted(files) == ["own_m"]
    assert installed == {"keras", "numpy", "tensorflow", "sklearn"}


def test_the_models_of_the_pipeline_need_only_a_few_files():
    """Reading all that `keras` or `pipeline/__init__.py` could import would take seconds."""
    files, _ = imports.closure("pipeline.models")
    assert sorted(files) == [
        "components",
        "components.features",
        "pipeline",
        "pipeline.images",
        "pipeline.models",
    ]


def test_the_place_of_the_files_does_not_count(tmp_path):
    """The same code in another folder, found beside the working directory as by `python -m pipeline`."""
    found = set()
    for place in ("here", "elsewhere"):
        folder = tmp_path / place
        folder.mkdir()
        (folder / "own_m.py").write_text("import own_layers\nbuild = print\n", encoding="utf-8")
        (folder / "own_layers.py").write_text("WIDTH = 8\n", encoding="utf-8")
        command = "from components import code; print(code.fingerprint('own_m.build'))"
        done = subprocess.run(
            [sys.executable, "-c", command], cwd=folder, capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        found.add(done.stdout)
    assert len(found) == 1


def test_an_editable_install_is_the_users(tmp_path, monkeypatch, write):
    """Such an install is a finder, or a folder on the path; its files lie outside of what is installed."""
    elsewhere = tmp_path / "src"
    elsewhere.mkdir()
    (elsewhere / "own_editable.py").write_text("WIDTH = 8\n", encoding="utf-8")

    class Finder:
        def find_spec(self, name, path=None, target=None):
            from importlib.util import spec_from_file_location

            return (
                spec_from_file_location(name, elsewhere / "own_editable.py")
                if name == "own_editable"
                else None
            )

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    write({"own_m.py": "import own_editable\nbuild = print\n"})
    assert set(imports.closure("own_m")[0]) == {"own_m", "own_editable"}


def test_checkout_looks_at_all_imported_files(write, tmp_path):
    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b", *arguments], check=True,
                       capture_output=True)  # fmt: skip

    write({"own_m.py": "import own_layers\nbuild = print\n", "own_layers.py": "", "own_beside.py": ""})
    git("init")
    git("add", "own_m.py")
    git("commit", "-m", "model")
    assert code.checkout("own_m.build")["modified"]
    git("add", "own_layers.py")
    git("commit", "-m", "layers")
    assert not code.checkout("own_m.build")["modified"]
    write({"own_layers.py": "WIDTH = 8\n"})
    assert code.checkout("own_m.build")["modified"]
