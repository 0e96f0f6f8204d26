"""Source archives: where they can be had from, and how they get here verified."""

from pydist.sources.fetch import SourceArchive, fetch_all

__all__ = ["SourceArchive", "fetch_all"]
