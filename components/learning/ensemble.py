"""Trains models that differ in their seed alone, and averages them in one model.

Source: Lakshminarayanan et al., "Simple and scalable predictive uncertainty estimation using deep ensembles", arXiv
1612.01474.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import layers

import reactive_schedules as rs
from components.errors import UserError
from components.features import ModelSchema, layer_name
from components.learning.goal import Goal
from components.learning.learn import Learned, built, checked, fitted
from components.learning.members import name_of, seeds
from components.learning.outputs import Outputs
from components.learning.task import Task
from reactive_schedules.failures import summary_of


class Member(NamedTuple):
    """One of the models that are averaged.

    Attributes:
        seed: Its seed.
        result: Result of its training.
        scores: Its scores on the validation split, with a temperature and a threshold of its own.
    """

    seed: int
    result: "rs.FitResult"
    scores: Mapping[str, float]


class Ensemble(NamedTuple):
    """A trained ensemble.

    Attributes:
        learned: The model that averages, with a temperature and a threshold of its own; its `result` is that of the
            first member.
        members: The models that it averages.
    """

    learned: Learned
    members: list[Member]

    def card(self) -> dict[str, Any]:
        """Returns the description that is exported with the model, as plain JSON.

        It has the number of `members`, their `seeds`, and on the validation split, by metric, the score of the
        `average` and those of the `members`, None where it is not finite.
        """
        return {
            "members": len(self.members),
            "seeds": [member.seed for member in self.members],
            "validation": {
                name: {
                    "average": _finite(score),
                    "members": [_finite(member.scores[name]) for member in self.members],
                }
                for name, score in self.learned.scores.items()
            },
        }


def learn_ensemble(
    task: Task,
    spec: "rs.TrainingSpec",
    members: int,
    build_model: str,
    hyperparameters: Mapping[str, Any],
    goal: Goal,
    learn_member: Callable[[int, "rs.TrainingSpec"], Learned],
) -> Ensemble:
    """Trains the models one after the other, and averages their probabilities, or their numbers for a regression.

    Only one model is in memory with its optimizer at a time; of the others, the weights are.

    Args:
        task: Data to train on.
        spec: Spec of the first model; the others have the seeds that follow.
        members: Number of models.
        build_model: Dotted path of a function of (hyperparameters, schema) that returns a Keras model.
        hyperparameters: First argument of `build_model`.
        goal: What the average will be judged by.
        learn_member: Trains the model of a number, from 1, with a spec.

    Raises:
        ValueError: A model does not fit the label, or the models cannot be averaged; before the first is trained.
    """
    numbered = list(enumerate(seeds(spec.seed, members), 1))

    def build(count: int) -> list[keras.Model]:
        return [built(task, seed, build_model, hyperparameters) for _, seed in numbered[:count]]

    pair = build(2)
    checked(pair[0], task, goal, build_model)  # whose messages are better than those of a failing average
    try:
        averaging(pair, task.schema, Outputs(len(task.schema.label.classes)))
    except Exception as error:
        raise UserError(
            f"training.ensemble: the models of {build_model} cannot be averaged ({summary_of(error)}); return a "
            "functional keras.Model, or set training.ensemble to 1"
        ) from error
    del pair
    done: list[Member] = []
    weights: list[list[np.ndarray]] = []
    outputs = Outputs(len(task.schema.label.classes))
    for number, seed in numbered:
        learned = learn_member(number, spec.model_copy(update={"seed": seed}))
        done.append(Member(seed, learned.result, learned.scores))
        weights.append(learned.model.get_weights())
        outputs = learned.outputs
        del learned  # with its model and optimizer
    if outputs.scale != task.scale:
        task = task.in_label_units()
    model = averaging(build(members), task.schema, outputs)
    for (number, _), values in zip(numbered, weights, strict=True):
        model.get_layer(name_of(number)).set_weights(values)
    averaged = Learned(
        model, done[0].result, dataclasses.replace(outputs, from_logits=False, temperature=1.0)
    )
    return Ensemble(fitted(averaged, task, goal, 4 * spec.batch_size), done)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def averaging(models: Sequence[keras.Model], schema: ModelSchema, outputs: Outputs) -> keras.Model:
    """Returns a functional model of all inputs by name, whose output is the mean of the predictions.

    Args:
        models: Models of the same inputs. They become layers of the result, with the names of `members.name_of`; what
            they are compiled with is forgotten.
        schema: Inputs of the models.
        outputs: Meaning of their outputs; logits become probabilities before they are averaged.
    """
    inputs: dict[str, keras.KerasTensor] = {}
    for name, spec in schema.inputs.items():
        inputs[name] = keras.Input(spec.shape, name=layer_name(name, inputs), dtype=spec.dtype)
    found = []
    for number, model in enumerate(models, 1):
        model.name, model.compiled = name_of(number), False
        predicted = model(inputs)
        if outputs.from_logits:
            is_sigmoid = outputs.is_multilabel or predicted.shape[-1] == 1
            activation = "sigmoid" if is_sigmoid else "softmax"
            predicted = layers.Activation(activation, dtype="float32")(predicted)
        found.append(predicted)
    return keras.Model(inputs, layers.Average(dtype="float32", name="average")(found))
