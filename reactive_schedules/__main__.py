"""Runs `python -m reactive_schedules`."""

from reactive_schedules.command_line import main

main(prog_name="python -m reactive_schedules")
