"""Models as files: what an exported model consists of, and the versions in a serving folder."""
