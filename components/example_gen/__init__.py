"""One ExampleGen for files of all formats: it reads, splits and writes rows in columns, and goes by their content."""
