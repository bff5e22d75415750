import pytest

from pipeline.metadata.address import Address


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("mysql://db.example.com/runs", "mysql://db.example.com:3306/runs"),
        ("mysql://DB:3307/Runs_2", "mysql://db:3307/Runs_2"),
        ("postgresql://10.0.0.7/runs", "postgresql://10.0.0.7:5432/runs"),
        ("postgresql://[::1]:5433/runs", "postgresql://[::1]:5433/runs"),
    ],
)
def test_one_address_has_one_form(text, canonical):
    assert str(Address.parse(text)) == canonical
    assert Address.parse(canonical) == Address.parse(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "must be mysql://HOST:PORT/DATABASE or postgresql://HOST:PORT/DATABASE"),
        ("sqlite:///metadata.db", "must be mysql://"),
        ("postgres://db/runs", "must be mysql://"),
        ("mysql:///runs", "must be mysql://"),
        ("mysql://db:0/runs", "must be mysql://"),
        ("mysql://db:port/runs", "must be mysql://"),
        ("mysql://db:99999/runs", "must be mysql://"),
        ("mysql://[::1/runs", "must be mysql://"),
        ("mysql://db/runs?ssl=1", "without anything after the database"),
        ("mysql://db", "DATABASE has up to 63 letters, digits and underscores"),
        ("mysql://db/a/b", "DATABASE has"),
        ("mysql://db/runs-2", "DATABASE has"),
        ("mysql://db/runs;drop", "DATABASE has"),
        (f"mysql://db/{'x' * 64}", "DATABASE has"),
        ("mysql://me@db/runs", "must not hold a user or password"),
        ("postgresql://me:hunter2@db/runs", "must not hold a user or password"),
    ],
)
def test_what_is_no_address_is_refused(text, fault):
    with pytest.raises(ValueError, match=fault) as raised:
        Address.parse(text)
    assert "hunter2" not in str(raised.value)
