"""Modules and data that are found at run time only."""
