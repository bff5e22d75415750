"""Real engines: Flink and Spark from their published artifacts, on this machine."""
