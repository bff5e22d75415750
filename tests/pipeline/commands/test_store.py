from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.__main__ import main
from pipeline.workspace import FORMAT, FORMAT_FILE


def make(path: Path, content: str) -> None:
    path.mkdir()
    (path / FORMAT_FILE).write_text(str(FORMAT))
    (path / "metadata.db").write_text(content)


@pytest.mark.parametrize(
    "command", [["runs"], ["models"], ["show", "r1"], ["diff", "r1", "r2"], ["rollback", "m1"]]
)
@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (
            lambda path: None,
            "{path} does not exist; run the pipeline first, or choose another folder with --workspace",
        ),
        (
            lambda path: path.mkdir(),
            "{path} contains no runs: there is no metadata.db; run the pipeline first",
        ),
        (
            lambda path: (
                [(path / name).mkdir(parents=True) for name in ("iris", "wine")]
                and [(path / name / "metadata.db").touch() for name in ("iris", "wine")]
            ),
            "{path} contains no runs: there is no metadata.db; try --workspace {path}/iris or {path}/wine",
        ),
        (
            lambda path: make(path, "not a database"),
            "{path}/metadata.db is not a readable ML Metadata store: file is not a database",
        ),
        (
            lambda path: make(path, ""),
            "{path}/metadata.db is not a readable ML Metadata store: no such table: MLMDEnv",
        ),
    ],
    ids=["absent", "empty", "elsewhere", "foreign", "blank"],
)
def test_a_workspace_without_runs_is_said_in_one_line(tmp_path, command, prepare, message):
    path = tmp_path / "workspace"
    prepare(path)
    result = CliRunner().invoke(main, [*command, "--workspace", str(path)])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == message.format(path=path) + "\n"
