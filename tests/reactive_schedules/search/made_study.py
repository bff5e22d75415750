"""Studies as the Tuner writes them, of made-up trials."""

import math
import random


def study(
    trials: int = 12,
    failed: int = 0,
    rungs: tuple[int, ...] = (),
    second: str | None = None,
    executions: int = 1,
    epochs: int = 27,
    direction: str = "min",
) -> dict:
    """The contents of a `study.json`.

    Args:
        trials: how many; the last `failed` of them failed.
        rungs: epochs at which a third of the trials goes on; empty for none.
        second: second objective.
        executions: of each trial.
        epochs: of a whole trial.
        direction: `min` for val_loss, `max` for val_accuracy.
    """
    chance = random.Random(0)
    name = "val_loss" if direction == "min" else "val_accuracy"
    made = [_trial(chance, number, name, epochs, executions) for number in range(1, trials + 1)]
    for trial in made[trials - failed :]:
        trial |= {
            "state": "failed",
            "score": None,
            "error": "ValueError: width 13 brings <b>bad</b> luck",
            "epochs": 2,
            "executions": [],
        }
    better = min if direction == "min" else max
    key = lambda trial: (trial["score"] if direction == "min" else -trial["score"], trial["number"])  # noqa: E731
    record, asks, alive = [], [] if rungs else [_ask(trial) for trial in made], made
    for rung, until in enumerate(rungs):
        entered = [trial for trial in alive if trial["error"] is None]
        for trial in alive:
            trial["rung"] = rung
        for trial in entered:
            _cut(trial, until, name, better)
        asks += [_ask(trial, rungs[rung - 1] if rung else 0) for trial in alive]
        alive = sorted(entered, key=key)[: max(1, len(entered) // 3)] if rung < len(rungs) - 1 else []
        record.append(
            {
                "rung": rung,
                "epochs": until,
                "trials": [trial["number"] for trial in made if trial["rung"] == rung],
                "promoted": [trial["number"] for trial in alive],
            }
        )
        alive = sorted(alive, key=lambda trial: trial["number"])
        for trial in alive:
            trial |= trial.pop("whole")
        for trial in entered:
            trial["state"] = "completed" if rung == len(rungs) - 1 else "stopped"
    for trial in made:
        trial.pop("whole", None)
    best = sorted((trial for trial in made if trial["score"] is not None), key=key)
    return {
        "objective": {"name": name, "direction": direction},
        "second_objective": second,
        "search": {"trials": trials, "seed": 0, "space": {}},
        "training": made[0]["training"] if made else {},
        "best": best[0]["number"] if best else None,
        "cost": {cost: sum(trial[cost] for trial in made) for cost in ("epochs", "updates", "seconds")},
        "rungs": record,
        "asks": asks,
        "trials": made,
    }


def _ask(trial: dict, before: int = 0) -> dict:
    """What a trial's ask came to, when it had done `before` epochs in each execution."""
    epochs = trial["epochs"] - before * len(trial["executions"])
    return {"number": trial["number"], "rung": trial["rung"], "epochs": epochs, "score": trial["score"]}


def _cut(trial: dict, until: int, name: str, better) -> None:
    """Leaves what there was of a trial when it reached a rung."""
    trial["whole"] = {key: trial[key] for key in ("executions", "epochs", "updates", "seconds", "score")}
    trial["executions"] = [
        {**run, "history": {key: values[:until] for key, values in run["history"].items()}}
        for run in trial["executions"]
    ]
    trial["epochs"] = sum(len(run["history"][name]) for run in trial["executions"])
    trial["updates"] = 39 * trial["epochs"]
    trial["score"] = sum(better(run["history"][name]) for run in trial["executions"]) / len(
        trial["executions"]
    )


def _trial(chance: random.Random, number: int, name: str, epochs: int, executions: int) -> dict:
    family = chance.choice(["constant", "one_cycle", "exponential"])
    values = {
        "learning_rate.family": family,
        "learning_rate.peak": round(math.exp(chance.uniform(math.log(0.003), math.log(0.3))), 5),
        "plateau.patience": chance.choice([2, 3, 4]),
    }
    if family == "one_cycle":
        values["learning_rate.final_ratio"] = chance.choice([0.001, 0.01])
    distance = abs(math.log(values["learning_rate.peak"] / 0.03))
    runs = []
    for seed in range(executions):
        loss = [
            0.05
            + 0.04 * distance
            + 2.2 * math.exp(-0.3 * epoch / (1 + distance / 2))
            + chance.uniform(0, 0.02)
            for epoch in range(epochs)
        ]
        metric = loss if name == "val_loss" else [1 - value / 3 for value in loss]
        rate = [
            values["learning_rate.peak"]
            * (math.sin(math.pi * (epoch + 1) / (epochs + 1)) if family == "one_cycle" else 0.95**epoch)
            for epoch in range(epochs)
        ]
        best = (min if name == "val_loss" else max)(metric)
        runs.append(
            {
                "seed": seed,
                "score": best,
                "history": {
                    "loss": loss,
                    name: metric,
                    "learning_rate": rate,
                    "batch_size": [32] * epochs,
                    "examples_seen": [1240 * (epoch + 1) for epoch in range(epochs)],
                },
                "decisions": [],
                "best_epoch": metric.index(best),
                "best_metric": best,
                "stopped_by": "epochs",
            }
        )
    return {
        "trial_id": f"{number:04d}",
        "number": number,
        "values": values,
        "training": {
            "learning_rate": {"family": family, "peak": values["learning_rate.peak"]},
            "epochs": epochs,
        },
        "state": "completed",
        "rung": None,
        "score": sum(run["score"] for run in runs) / executions,
        "error": None,
        "epochs": epochs * executions,
        "updates": 39 * epochs * executions,
        "seconds": 0.1 * epochs * executions,
        "executions": runs,
    }
