"""Families and reaction as Keras objects: schedules, composition, callbacks, and building them from a spec."""

from reactive_schedules.keras import earlier_release as earlier_release
