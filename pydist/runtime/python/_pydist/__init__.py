"""The part of pydist's run time that is Python. Every linked application carries it; nothing here is public."""
