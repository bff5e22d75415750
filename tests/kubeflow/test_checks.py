"""What a task refuses before its work, and before its outputs are uploaded."""

import os
import re

import pytest
from tfx.types import standard_artifacts

from components.errors import UserError
from pipeline.kubeflow.checks import check_root, check_uploadable, check_writable
from tests.permissions import run_without_override

LINKS = {
    "d/b": ("gone", "d/b is a link that leads nowhere"),
    "l": ("d", "l is a link to a folder"),
    "loop": ("loop", "loop is a link that leads nowhere"),
}


@pytest.mark.parametrize("link", LINKS)
def test_links_that_kubeflow_cannot_upload_are_refused(tmp_path, link):
    target, fault = LINKS[link]
    artifact = standard_artifacts.Model()
    artifact.uri = str(tmp_path / "model")
    (tmp_path / "model/d").mkdir(parents=True)
    (tmp_path / "model/d/file").write_text("a")
    (tmp_path / "model/copy").symlink_to("d/file")
    check_uploadable({"model": [artifact]})  # a link to a file is uploaded as one
    (tmp_path / "model" / link).symlink_to(target)
    with pytest.raises(
        UserError, match=f"^output model: {re.escape(fault)}, which Kubeflow cannot upload; write a copy"
    ):
        check_uploadable({"model": [artifact]})


def test_a_pipe_is_no_file(tmp_path):
    artifact = standard_artifacts.Model()
    artifact.uri = str(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="output model: pipe is no file"):
        check_uploadable({"model": [artifact]})


def test_a_workspace_that_can_be_written_is_left_as_it_was(tmp_path):
    check_writable(tmp_path / "team" / "workspace")
    (tmp_path / "team/workspace/serving").mkdir()
    check_writable(tmp_path / "team" / "workspace")
    assert [each.name for each in (tmp_path / "team/workspace").rglob("*")] == ["serving"]


@pytest.mark.parametrize("folder", ["", "serving"])
def test_a_workspace_of_another_user_is_one_line_with_the_remedy(tmp_path, folder):
    (tmp_path / "workspace" / folder).mkdir(parents=True)
    (tmp_path / "workspace" / folder).chmod(0o555)
    script = (
        "import pathlib, sys; from components.errors import UserError; "
        "from pipeline.kubeflow.checks import check_writable\n"
        "try: check_writable(pathlib.Path(sys.argv[1]))\n"
        "except UserError as error: print(error)"
    )
    finished = run_without_override("-c", script, tmp_path / "workspace")
    assert finished.stdout == (
        f"kubeflow.workspace: user {os.geteuid()} cannot write to {tmp_path}/workspace{'/' if folder else ''}{folder} "
        f"(Permission denied); give the claim to this user: with a Job that runs chown --recursive {os.geteuid()} there "
        "as root, an fsGroup where the platform has it, or an access point\n"
    )


def test_a_run_in_another_bucket_than_the_package_s_is_refused():
    check_root("minio://mlpipeline/v2", "minio://mlpipeline/v3/digits/run-1/Trainer/1b2c/model")
    for uri in ("s3://mlpipeline/v2/digits", "minio://mlpipeline2/v2/digits"):
        found = uri.removesuffix("/v2/digits")
        with pytest.raises(
            UserError,
            match=f"^pipeline root: this run keeps its artifacts in {found}, but the package was compiled for "
            "minio://mlpipeline, where the cache has those of other runs; compile it again with --pipeline-root "
            f"{found}/…$",
        ):
            check_root("minio://mlpipeline/v2", uri)
