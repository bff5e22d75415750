"""TFX's Transform, with reproducible results."""
