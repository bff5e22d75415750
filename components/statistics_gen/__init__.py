"""TFX's StatisticsGen, shard by shard, with results that depend on the data alone."""
