"""What the benchmarks share: their command line, turns, the cost of a process, and tables."""
