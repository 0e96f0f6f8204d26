"""The command line: one file per command, nothing else in pydist prints."""
