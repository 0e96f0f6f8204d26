"""Damaged inputs for everything that reads files of strangers: `python -m tests.fuzz 10000`."""
