"""Distributions that others publish: found through their indexes, chosen by rules, here verified."""

from pydist.fetch.fetch import Fetched, fetch, listing
from pydist.fetch.select import Wanted

__all__ = ["Fetched", "Wanted", "fetch", "listing"]
