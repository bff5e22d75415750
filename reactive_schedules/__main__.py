"""`python -m reactive_schedules`: look at a schedule before training, and find its rate."""

from reactive_schedules.command_line import main

main(prog_name="python -m reactive_schedules")
