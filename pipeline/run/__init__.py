"""A run on this machine: orchestration, console, record, summary."""
