from components.tuner.journal import Journal
from reactive_schedules.search.searcher import Ask

ASK = Ask("0001", 1, {"a": 1}, until=None, rung=0, parent=None)


def test_a_damaged_result_counts_as_missing(tmp_path):
    journal = Journal(tmp_path)
    journal.write(ASK, {"score": 0.5})
    assert journal.result(ASK)["score"] == journal.results()[0]["score"] == 0.5
    (file,) = tmp_path.glob("*/rung-0.json")
    for damaged in (b"", b"\0\0\0", b'{"score": 0.', b"\xff"):
        file.write_bytes(damaged)
        assert journal.result(ASK) is None
        assert journal.results() == []
    journal.write(ASK, {"score": 0.25})
    assert journal.result(ASK)["score"] == 0.25
