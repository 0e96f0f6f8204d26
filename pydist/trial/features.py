"""What an interpreter offers against what a native build of the same series offers: a judgement that opens no file.

Invariant: everything that the reference has and the distribution has not is in the answer once, as missing or with the
reason why it may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

from pydist.policy.features import Groups, Reference

__all__ = ["Difference", "Standing", "compare"]


class Standing(StrEnum):
    """What to think of a difference."""

    MISSING = "missing"
    OUT_OF_DATE = "may be missing, but is there"
    ALLOWED = "may be missing"
    EXTRA = "beyond the reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One name (or, when a row of the table is out of date, pattern) of a group. `reason` is why it may be missing."""

    standing: Standing
    group: str
    name: str
    reason: str = ""

    @property
    def fault(self) -> bool:
        """Whether the distribution, or the table, has to be mended."""
        return self.standing in (Standing.MISSING, Standing.OUT_OF_DATE)


def compare(features: Groups, reference: Reference) -> tuple[Difference, ...]:
    """All differences, faults first, then by group and name."""
    found = [*_missing(features, reference), *_out_of_date(features, reference)]
    for group, names in features.items():
        extra = names - reference.groups.get(group, frozenset())
        found += [Difference(standing=Standing.EXTRA, group=group, name=name) for name in extra]
    return tuple(sorted(found, key=lambda item: (list(Standing).index(item.standing), item.group, item.name)))


def _missing(features: Groups, reference: Reference) -> list[Difference]:
    found = []
    for group, names in reference.groups.items():
        for name in names - features.get(group, frozenset()):
            row = next(
                (
                    row
                    for row in reference.allowances
                    if row.group == group and any(fnmatchcase(name, pattern) for pattern in row.names)
                ),
                None,
            )
            standing = Standing.ALLOWED if row else Standing.MISSING
            found.append(Difference(standing=standing, group=group, name=name, reason=row.reason if row else ""))
    return found


def _out_of_date(features: Groups, reference: Reference) -> list[Difference]:
    """Patterns that name something of the reference, all of which is there."""
    found = []
    for row in (row for row in reference.allowances if not row.sometimes):
        there = features.get(row.group, frozenset())
        for pattern in row.names:
            named = {name for name in reference.groups.get(row.group, ()) if fnmatchcase(name, pattern)}
            if named and named <= there:
                found.append(
                    Difference(standing=Standing.OUT_OF_DATE, group=row.group, name=pattern, reason=row.reason)
                )
    return found
