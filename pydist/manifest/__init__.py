"""What a distribution says about itself: `PYTHON.json` and `build/pydist.json` as frozen dataclasses."""
