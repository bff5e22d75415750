"""Models as files: the files of an exported model, and the versions in a serving folder."""
