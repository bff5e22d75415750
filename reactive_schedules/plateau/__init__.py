"""The reaction: when a metric has stopped improving, and what is done about it, as a pure state machine."""
