"""Families and reaction as Keras objects: schedules, composition, callbacks, and building them from a spec."""
