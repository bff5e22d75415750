from typing import Any

import pytest

from pipeline.history.records import Artifact


@pytest.mark.parametrize("content", [None, b"", b'{"a": ', b"\xff", b"[]", b'{"a": 9e999}'])
def test_a_file_that_is_gone_or_damaged_says_nothing(content, tmp_path):
    if content is not None:
        (tmp_path / "study.json").write_bytes(content)
    assert Artifact(1, tmp_path, {}).json("study.json", dict[str, Any]) == {}
