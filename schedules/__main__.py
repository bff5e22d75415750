"""`python -m schedules`: look at a schedule before training, and find its rate."""

from schedules.command_line import main

main(prog_name="python -m schedules")
