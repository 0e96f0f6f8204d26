"""The periodic table, read from the data file that travels with the package."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources

__all__ = ["Element", "table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """One element; `weight` is its standard atomic weight, or the mass number of its longest-lived isotope."""

    number: int
    symbol: str
    name: str
    weight: float


@cache
def table() -> dict[str, Element]:
    """All elements by symbol, in the order of their atomic numbers."""
    text = resources.files("elements").joinpath("elements.csv").read_text(encoding="utf-8")
    elements = (
        Element(number=int(row["number"]), symbol=row["symbol"], name=row["name"], weight=float(row["weight"]))
        for row in csv.DictReader(text.splitlines())
    )
    return {element.symbol: element for element in elements}
