"""Families and reaction as Keras schedules and callbacks, and how to build them from a spec."""

from reactive_schedules.keras import earlier_release as earlier_release
