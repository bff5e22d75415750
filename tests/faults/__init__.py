"""Kills runs, damages files, and mutates what users write: nothing may be lost, wrong, or end in a traceback."""
