"""TFX's Transform, whose results do not depend on how busy the machine is."""
