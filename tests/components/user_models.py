"""Models as users write them, some of which fail."""

import os
import signal

import keras


def fragile(hyperparameters, schema):
    """Fails for one width."""
    if hyperparameters["width"] == 13:
        raise ValueError("13 brings bad luck")
    return dense(hyperparameters, schema)


def hopeless(hyperparameters, schema):
    """Always fails."""
    raise MemoryError(f"no room for {hyperparameters['width']} units")


def deadly(hyperparameters, schema):
    """Kills its process for one width, as the system does when memory runs out."""
    if hyperparameters["width"] == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return dense(hyperparameters, schema)


def dense(hyperparameters, schema):
    """Flattens an image into a dense layer, which is fast to build and to train."""
    ((name, given),) = schema.inputs.items()
    image = keras.Input(given.shape, name=name)
    hidden = keras.layers.Dense(hyperparameters["width"], "relu")(keras.layers.Flatten()(image))
    outputs = keras.layers.Dense(len(schema.label.classes), "softmax")(keras.layers.Dropout(0.2)(hidden))
    return keras.Model({name: image}, outputs)


def nothing(hyperparameters, schema):
    """Forgets to return the model."""


def answering(hyperparameters, schema):
    """A model over one column of numbers with the units and the activation of its hyperparameters."""
    ((name, given),) = schema.inputs.items()
    column = keras.Input(given.shape, name=name)
    kernel = hyperparameters.get("kernel", "glorot_uniform")
    answer = keras.layers.Dense(
        hyperparameters["units"], hyperparameters.get("activation"), kernel_initializer=kernel
    )
    outputs = answer(column)
    if hyperparameters.get("named"):
        outputs = {"answer": outputs}
    if hyperparameters.get("flat"):
        outputs = keras.ops.squeeze(outputs, axis=1)
    return keras.Model({name: column}, outputs)


def compiled(hyperparameters, schema):
    """A model that its author compiled."""
    model = answering({"units": 1, **hyperparameters}, schema)
    if schema.label.classes:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=hyperparameters["from_logits"])
        model.compile("nadam", loss)
    else:
        model.compile("nadam", "mean_absolute_error", metrics=["mean_squared_logarithmic_error"])
    return model


class TwoInputs(keras.Model):
    """A subclass, which takes the dict of inputs."""

    def __init__(self):
        super().__init__()
        self.answer = keras.layers.Dense(2, "softmax")

    def call(self, inputs):
        """Called by Keras."""
        return self.answer(keras.ops.concatenate([inputs["x_xf"], inputs["z_xf"]], axis=1))


def two_inputs(hyperparameters, schema):
    """A model of two inputs: a subclass, or a functional model of a list."""
    if hyperparameters["kind"] == "subclass":
        return TwoInputs()
    inputs = [keras.Input(given.shape, name=name) for name, given in schema.inputs.items()]
    return keras.Model(inputs, keras.layers.Dense(2, "softmax")(keras.layers.Concatenate()(inputs)))


class ByPython(keras.Model):
    """A subclass that cannot be part of another model, because it looks at numbers."""

    def __init__(self):
        super().__init__()
        self.answer = keras.layers.Dense(2, "softmax")

    def call(self, inputs):
        """Called by Keras."""
        return self.answer(inputs["x_xf"] * float(keras.ops.convert_to_numpy(inputs["x_xf"]).max()))


def by_python(hyperparameters, schema):
    """A model that works only eagerly."""
    return ByPython()
