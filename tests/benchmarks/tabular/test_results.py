from benchmarks.tabular.results import append, read


def test_results_are_kept_and_of_the_same_one_the_last_counts(tmp_path):
    path = tmp_path / "new" / "results.jsonl"
    assert read(path) == {}
    for accuracy in (0.5, 1 / 3):
        append(path, {"table": "t", "seed": 0, "model": "a", "accuracy": accuracy})
    append(path, {"table": "t", "seed": 1, "model": "a", "failed": "no\nmodel"})
    found = read(path)
    assert found["t", 0, "a"]["accuracy"] == 0.333333
    assert found["t", 1, "a"]["failed"] == "no\nmodel"
    assert len(path.read_text(encoding="utf-8").splitlines()) == 3
