"""Models as users write them, some of which fail."""

from pipeline import models


def fragile(hyperparameters, schema):
    """Fails for one width."""
    if hyperparameters["width"] == 13:
        raise ValueError("13 brings bad luck")
    return models.build_model(hyperparameters, schema)


def hopeless(hyperparameters, schema):
    """Always fails."""
    raise MemoryError(f"no room for {hyperparameters['width']} units")
