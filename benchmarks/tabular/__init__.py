"""What `benchmarks.tables` consists of: the tables, the models, their scores and who won."""
