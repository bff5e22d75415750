"""Models as users write them, some of which fail."""

import os
import signal

from pipeline import models


def fragile(hyperparameters, schema):
    """Fails for one width."""
    if hyperparameters["width"] == 13:
        raise ValueError("13 brings bad luck")
    return models.build_model(hyperparameters, schema)


def hopeless(hyperparameters, schema):
    """Always fails."""
    raise MemoryError(f"no room for {hyperparameters['width']} units")


def deadly(hyperparameters, schema):
    """Kills its process for one width, as the system does when memory runs out."""
    if hyperparameters["width"] == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return models.build_model(hyperparameters, schema)
