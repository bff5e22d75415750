"""Registers all schedule classes with Keras when imported, so that `.keras` files can be loaded.

`import reactive_schedules` imports this module if Keras is already loaded. Otherwise, import it or use any schedule
class before loading a model.
"""

from reactive_schedules.keras import clock, scaled, sequence, steps, warmup  # noqa: F401
