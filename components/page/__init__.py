"""The shell of every HTML page: one file that needs no network, with plots, in light, dark and on paper."""
