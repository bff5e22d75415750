import shutil

import pytest

from components.errors import UserError
from components.example_gen import space


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(tmp_path):
    free = shutil.disk_usage(tmp_path).free
    folder = tmp_path / "not" / "there yet"
    space.check(str(folder), free // 2)
    with pytest.raises(
        UserError, match=r"there yet: the disk has [0-9.]+ GiB free, but the ExampleGen needs about "
    ):
        space.check(str(folder), 2 * free)
    assert not folder.exists()


def test_object_stores_have_no_limit():
    space.check("s3://bucket/folder", 2**80)
