"""The reaction to plateaus, as a pure state machine: detects when a metric stops improving, and acts on it."""
