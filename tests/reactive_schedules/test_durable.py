import os
from pathlib import Path

from reactive_schedules import durable


def test_a_file_gets_its_name_when_its_content_is_on_the_disk(tmp_path, monkeypatch):
    path, flushed, fsync = tmp_path / "file.json", [], os.fsync

    def watched(descriptor: int) -> None:
        flushed.append(
            (str(Path(f"/proc/self/fd/{descriptor}").readlink()), path.exists(), os.fstat(descriptor).st_size)
        )
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", watched)
    durable.write(path, b"{}")
    (file, *at_first), (folder, *at_last) = flushed
    assert (file, at_first) == (f"{path}.tmp", [False, 2])
    assert (folder, at_last[0]) == (str(tmp_path), True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.json"]
    assert path.read_bytes() == b"{}"
