import gzip

import pytest

from components.errors import UserError, one_of
from components.formats import registry
from tests.components.formats.files import read


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.csv", b"", "the file is empty; add a header"),
        ("rows.csv", b"a,b\n", "the file has a header but no rows"),
        ("rows.csv", b"a,a\n1,2\n", "duplicate column 'a'; rename one"),
        ("rows.csv", b"a,b\n1,2\n3\n", "row 2: 1 cell, but the header has 2"),
        ("rows.csv", b"a,b\n1,2\n3,\x81\n", "row 2: the text is not UTF-8"),
        ("rows.csv", b'a,b\n1,"2\n3,4\n', "a quoted cell is never closed"),
        ("rows.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-9], "the compressed file is damaged"),
        ("rows.parquet", b"x", "not a readable Parquet file"),
        ("rows.tfrecord", b"", "the file has no examples"),
        ("rows.tfrecord", b"x" * 20, "does not begin with a record"),
        ("rows.xlsx", b"x", f"must end in {one_of(registry.readable())}$"),
    ],
)
def test_files_that_cannot_be_read(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=message) as raised:
        read(tmp_path / name)
    assert name in str(raised.value)


def test_suffixes_of_formats_do_not_hide_each_other():
    for suffix, format_ in registry.readable().items():
        assert registry.find(f"a{suffix}", registry.readable()) is format_


@pytest.mark.parametrize("format_", registry.FORMATS, ids=lambda format_: format_.name)
def test_the_code_that_the_table_names_is_there(format_):
    from components.formats.source import Source

    assert callable(registry.load(format_.rows))
    if format_.writer:
        assert callable(registry.load(format_.writer))
    if format_.training:
        assert callable(registry.load(format_.training.inspect))
        assert issubclass(registry.load(format_.training.source), Source)
