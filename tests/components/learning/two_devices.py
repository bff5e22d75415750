"""Trains on one and on two virtual CPUs, and leaves what came out in the folder that it is given."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from components.learning.goal import Goal
from components.learning.learn import learn
from components.trainer.training import Training
from tests import two_cpus
from tests.components.learning.test_learn import BINARY, RARE, SOFTMAX, WEIGHTS, X, spec, task_of

BUILD = "tests.components.user_models.answering"


def main(folder: Path) -> None:
    two_cpus.divide()
    task = task_of(BINARY, RARE, weights=WEIGHTS)
    chosen = spec(3).model_copy(update={"batch_size": 15})  # which does not halve evenly
    for name, strategy in (("1", None), ("2", "mirrored")):
        goal = Goal(weight="w", metric="f1")
        trial = learn(
            task, chosen, BUILD, {**SOFTMAX, "units": 2}, goal=Goal(objective="val_loss"), strategy=strategy
        )
        places = {each: folder / f"{name} {each}" for each in ("records", "logs", "checkpoints")}
        learned, ensemble = Training(task, BUILD, SOFTMAX, goal, None, 2, strategy, **places).run(chosen)
        assert ensemble is not None
        for member in ensemble.members:
            assert member.result.updates == trial.result.updates
        learned.model.save(folder / "model.keras")
        learned.model.export(folder / "exported", verbose=False)
        loaded = tf.saved_model.load(folder / "exported")
        served = loaded.serve({"x_xf": tf.constant(X)})
        np.testing.assert_allclose(served, learned.model.predict({"x_xf": X}, verbose=0), atol=1e-6)
        again = keras.models.load_model(folder / "model.keras")
        np.testing.assert_allclose(again.predict({"x_xf": X}, verbose=0), served, atol=1e-6)
        np.savez(
            folder / f"{name}.npz",
            served=served,
            trial=np.array([trial.result.history[key] for key in ("loss", "val_loss")]),
            losses=np.array([[member.result.history["val_loss"]] for member in ensemble.members]),
        )
        (folder / f"{name}.json").write_text(json.dumps(ensemble.card()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
