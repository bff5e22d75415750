"""Importing this module registers every schedule class with Keras, for reading `.keras` files.

`import reactive_schedules` does it when Keras is loaded already; otherwise import this module, or use any schedule
class, before loading a model.
"""

from reactive_schedules.keras import clock, scaled, sequence, steps, warmup  # noqa: F401
