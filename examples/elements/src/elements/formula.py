"""Chemical formulas such as `Ca(OH)2`, reduced to their molar mass."""

from __future__ import annotations

import re

from elements.table import table

__all__ = ["FormulaError", "molar_mass"]

_TOKEN = re.compile(r"(?P<symbol>[A-Z][a-z]?)(?P<count>[1-9]\d*)?|(?P<open>\()|(?P<close>\))(?P<times>[1-9]\d*)?")


class FormulaError(ValueError):
    """The text is not a formula; the message says at which character."""


def molar_mass(formula: str) -> float:
    """The mass of one mole of `formula` in grams."""
    sums = [0.0]
    position = 0
    while position < len(formula):
        match = _TOKEN.match(formula, position)
        if match is None:
            raise FormulaError(f"{formula}: {formula[position]!r} cannot stand at character {position + 1}")
        if symbol := match["symbol"]:
            if symbol not in table():
                raise FormulaError(f"{formula}: there is no element {symbol!r}")
            sums[-1] += table()[symbol].weight * int(match["count"] or 1)
        elif match["open"]:
            sums.append(0.0)
        elif len(sums) == 1:
            raise FormulaError(f"{formula}: character {position + 1} closes what nothing opened")
        else:
            group = sums.pop()
            sums[-1] += group * int(match["times"] or 1)
        position = match.end()
    if len(sums) > 1:
        raise FormulaError(f"{formula}: a bracket is not closed")
    return sums[0]
