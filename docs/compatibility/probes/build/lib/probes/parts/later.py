"""Imported by a name that is put together at run time."""

__all__ = ["VALUE"]

VALUE = 7
