from tests.reactive_schedules.search.searching import loss, make, run


def test_rungs_promote_the_best_of_each_family_first():
    searcher = make("halving", trials=18)
    assert searcher.rungs == (3, 9, 27)
    stages, _ = run(searcher)
    assert [stage[0].until for stage in stages] == [3, 9, None]
    assert [len(stage) for stage in stages] == [18, 6, 2]
    assert {ask.values["learning_rate.family"] for ask in stages[1]} == {"constant", "cosine", "one_cycle"}
    # By the plain order of losses after 3 epochs, no one-cycle is among the first six.
    ranked = sorted(stages[0], key=lambda ask: loss(ask.values, 3))
    assert "one_cycle" not in {ask.values["learning_rate.family"] for ask in ranked[:6]}
