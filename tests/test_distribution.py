"""What goes to a package index: the library alone, described so that it can be found and read there."""

import email
import email.message
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from reactive_schedules.version import __version__
from tests.conftest import ROOT

REPOSITORY = "https://github.com/reactive-schedules/reactive-schedules"
RAW = "https://raw.githubusercontent.com/reactive-schedules/reactive-schedules/main/"


def build(source: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(built) -> zipfile.ZipFile:
    return zipfile.ZipFile(next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def metadata(wheel) -> email.message.Message:
    name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return email.message_from_bytes(wheel.read(name))


@pytest.fixture(scope="module")
def description(metadata) -> str:
    return metadata.get_payload(decode=True).decode()


def library() -> set[str]:
    """Files that git knows; others may lie around."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "reactive_schedules"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return {name for name in listed.splitlines() if (ROOT / name).exists()}


def test_the_wheel_is_the_library(wheel):
    held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert held == library()
    assert {"reactive_schedules/py.typed", "reactive_schedules/__init__.pyi"} <= held


def test_the_sdist_is_the_library_and_what_builds_it(built):
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    beside = {"CHANGELOG.md", "LICENSE", "README.md", "PKG-INFO", "pyproject.toml", ".gitignore"}
    assert held == library() | beside


def test_the_sdist_builds_the_same_wheel(built, tmp_path):
    shutil.unpack_archive(next(built.glob("*.tar.gz")), tmp_path)
    again = build(next(tmp_path.iterdir()), tmp_path / "again")
    first, second = (next(folder.glob("*.whl")).read_bytes() for folder in (built, again))
    assert first == second


def test_both_are_small(built):
    sizes = {path.name: path.stat().st_size for path in built.iterdir()}
    assert len(sizes) == 2
    assert max(sizes.values()) < 400_000, sizes


def test_an_index_accepts_them(built):
    done = subprocess.run(
        [sys.executable, "-m", "twine", "check", "--strict", *map(str, built.iterdir())],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_the_index_shows(metadata):
    assert metadata["Name"] == "reactive-schedules"
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert {"Typing :: Typed", "Programming Language :: Python :: 3.11"} <= set(
        metadata.get_all("Classifier")
    )
    urls = dict(url.split(", ") for url in metadata.get_all("Project-URL"))
    assert sorted(urls) == ["Changelog", "Documentation", "Homepage", "Issues", "Repository"]
    assert all(url.startswith(REPOSITORY) for url in urls.values())


def test_the_urls_lead_to_files_of_the_repository(metadata):
    urls = dict(url.split(", ") for url in metadata.get_all("Project-URL"))
    for name in ("Changelog", "Documentation"):
        assert (ROOT / urls[name].removeprefix(f"{REPOSITORY}/blob/main/")).is_file()


def test_python_is_open_at_the_top(metadata):
    assert metadata["Requires-Python"] == ">=3.11"


def test_the_pipeline_is_no_extra(metadata):
    assert sorted(metadata.get_all("Provides-Extra")) == [
        "cluster",
        "jax",
        "plots",
        "search",
        "tensorflow",
        "torch",
    ]
    required = " ".join(metadata.get_all("Requires-Dist"))
    assert not [name for name in ("tfx", "apache-beam", "kfp") if name in required]


def test_what_the_library_alone_installs(metadata):
    alone = [line for line in metadata.get_all("Requires-Dist") if "extra" not in line]
    names = {re.match(r"[\w-]+", line)[0] for line in alone}
    assert names == {"click", "keras", "lazy-loader", "numpy", "pydantic", "pyyaml"}


def test_links_of_the_description_work_outside_the_repository(description):
    links = re.findall(r"\]\(([^)]+)\)", description)
    assert len(links) > 20
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    ours = [link for link in links if link.startswith((f"{REPOSITORY}/blob/main/", RAW))]
    assert len(ours) > 10
    for link in ours:
        path = link.removeprefix(f"{REPOSITORY}/blob/main/").removeprefix(RAW).partition("#")[0]
        assert (ROOT / path).exists(), link


def test_pictures_of_the_description_are_pictures(description):
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", description)
    assert pictures
    assert all(picture.startswith(RAW) and picture.endswith((".png", ".svg")) for picture in pictures)


def test_links_within_the_description_have_their_heading(description):
    headings = {
        re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", description, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", description)) <= headings


def test_the_command_is_named_in_the_wheel(wheel):
    name = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "reactive-schedules = reactive_schedules.command_line:main" in wheel.read(name).decode()
