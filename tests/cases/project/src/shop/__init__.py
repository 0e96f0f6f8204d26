"""A package with data in a folder without `__init__`, and a relative path from `__file__`."""
