import math

import numpy as np
import pytest

from reactive_schedules.training.checkpoint import CheckpointError, Checkpoints

ARRAYS = {"a/0": np.arange(6, dtype="float32").reshape(2, 3), "b": np.array(7, "int64")}


def save_twice(tmp_path):
    checkpoints = Checkpoints(tmp_path / "new" / "folder")
    checkpoints.save(ARRAYS, {"number": 1})
    checkpoints.save({**ARRAYS, "b": np.array(8)}, {"number": 2, "loss": math.nan})
    checkpoints.wait()
    return checkpoints


def test_what_was_saved_last_is_loaded(tmp_path):
    arrays, record = save_twice(tmp_path).load() or ({}, {})
    assert arrays.keys() == ARRAYS.keys()
    np.testing.assert_array_equal(arrays["a/0"], ARRAYS["a/0"])
    assert (arrays["a/0"].dtype, arrays["b"].dtype, arrays["b"]) == ("float32", "int64", 8)
    assert record["number"] == 2
    assert math.isnan(record["loss"])


def test_an_empty_folder_has_no_checkpoint(tmp_path):
    assert Checkpoints(tmp_path / "missing").load() is None


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_truncated_checkpoint_falls_back_to_the_one_before(tmp_path, kept):
    checkpoints = save_twice(tmp_path)
    checkpoints.newest.write_bytes(checkpoints.newest.read_bytes()[:kept])
    with pytest.warns(UserWarning, match=r"damaged; resuming from the previous one: .*newest\.npz"):
        arrays, record = checkpoints.load() or ({}, {})
    assert (arrays["b"], record) == (7, {"number": 1})


def test_any_flipped_byte_of_the_arrays_is_noticed(tmp_path):
    checkpoints = save_twice(tmp_path)
    whole = checkpoints.newest.read_bytes()
    start = whole.index(ARRAYS["a/0"].tobytes())
    for position in range(start, start + ARRAYS["a/0"].nbytes):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        checkpoints.newest.write_bytes(damaged)
        with pytest.warns(UserWarning, match="damaged"):
            assert checkpoints.load()[1]["number"] == 1


def test_a_crash_between_the_two_renames_loses_nothing(tmp_path):
    checkpoints = save_twice(tmp_path)
    checkpoints.newest.rename(checkpoints.previous)
    assert checkpoints.load()[1]["number"] == 2


def test_leftovers_of_a_crash_while_writing_do_no_harm(tmp_path):
    checkpoints = save_twice(tmp_path)
    (checkpoints.directory / "writing.tmp").write_bytes(b"half")
    assert checkpoints.load()[1]["number"] == 2
    checkpoints.save(ARRAYS, {"number": 3})
    assert checkpoints.load()[1]["number"] == 3


def test_a_folder_that_cannot_be_written_to_is_an_error_at_the_next_call(tmp_path):
    (tmp_path / "file").touch()
    for call in (lambda checkpoints: checkpoints.wait(), lambda checkpoints: checkpoints.save(ARRAYS, {})):
        checkpoints = Checkpoints(tmp_path / "file" / "folder")
        checkpoints.save(ARRAYS, {})
        with pytest.raises(OSError, match="file/folder"):
            call(checkpoints)


def test_two_damaged_checkpoints_are_an_error_that_says_what_to_do(tmp_path):
    checkpoints = save_twice(tmp_path)
    checkpoints.newest.write_bytes(b"")
    checkpoints.previous.write_bytes(b"")
    with pytest.raises(CheckpointError, match="delete the folder to start over"):
        checkpoints.load()
