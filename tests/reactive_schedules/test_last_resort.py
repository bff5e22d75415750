import errno
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from reactive_schedules import last_resort


def raising(error: BaseException, workspace: Path | None = None) -> click.Command:
    @click.command(cls=last_resort.Command)
    @click.pass_context
    def command(context):
        if workspace:
            last_resort.log_to(context, workspace)
        raise error

    return command


def log_of(result) -> Path:
    (line,) = result.stderr.splitlines()
    return Path(line.rpartition("; the traceback is in ")[2])


@pytest.mark.parametrize(
    "error", [KeyError("x"), RecursionError("deep\ndown"), MemoryError(), OSError("no number")]
)
def test_an_unforeseen_error_is_one_line_with_a_log(tmp_path, error):
    result = CliRunner().invoke(raising(error, tmp_path))
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Unexpected error: {type(error).__name__}")
    assert log_of(result) == tmp_path / "logs/errors.log"
    assert "Traceback" in log_of(result).read_text()
    assert log_of(result).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("workspace", [None, "nowhere", "file", "logs are a file"])
def test_without_a_workspace_the_log_is_in_the_temporary_folder(tmp_path, monkeypatch, workspace):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    for folder in ("temporary", "logs are a file"):
        (tmp_path / folder).mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "logs are a file/logs").touch()
    result = CliRunner().invoke(raising(ValueError("\ud800"), workspace and tmp_path / workspace))
    assert result.exit_code == 1
    assert log_of(result).parent == tmp_path / "temporary"
    assert "ValueError: \\ud800" in log_of(result).read_text()


def test_both_logs_are_kept(tmp_path):
    for error in (KeyError("first"), KeyError("second")):
        result = CliRunner().invoke(raising(error, tmp_path))
    text = log_of(result).read_text()
    assert text.index("KeyError: 'first'") < text.index("KeyError: 'second'")


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (click.UsageError("usage"), 2, "Error: usage"),
        (click.ClickException("wrong"), 1, "Error: wrong"),
        (KeyboardInterrupt(), 1, "Aborted!"),
        (SystemExit(7), 7, ""),
        (BrokenPipeError(errno.EPIPE, "closed"), 1, ""),
        (PermissionError(errno.EACCES, "Permission denied", "f"), 2, "f: Permission denied; fix this, and run"),
        (OSError(errno.ENOSPC, "No space left on device", "f"), 2, "f: No space left on device"),
    ],
)  # fmt: skip
def test_other_ends_of_a_command(error, code, message):
    result = CliRunner().invoke(raising(error))
    assert result.exit_code == code
    assert message in result.stderr
    assert "Unexpected" not in result.stderr
