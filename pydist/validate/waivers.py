"""Findings that somebody has looked at and accepts, each with a reason and a day until which that holds.

A waiver file is TOML:

    [[waiver]]
    rule = "binary.rpath"                  # id of a rule, or a family
    where = "install/lib/python3.*/lib-dynload/*"   # the finding's place, or a pattern; without: everywhere
    input = "*-gnu-*"                      # pattern of the name of the archive or folder; without: all
    reason = "the vendor's build, reported upstream"
    until = 2027-03-01                     # the last day that it counts; without: for ever

Invariant: what is waived is still in the report, with its reason; it only does not count for the verdict. A waiver that
has expired, or that nothing needs any more, is a finding of its own.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydist.errors import FaultCollector, InputError
from pydist.validate.report import Finding, Waived, found
from pydist.validate.rules import load_rules

__all__ = ["Waiver", "apply", "load_waivers"]

_KEYS = {"rule", "where", "input", "reason", "until"}
_LARGEST = 4 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One accepted kind of finding; `number` is its place in the file, from 1."""

    number: int
    rule: str
    reason: str
    where: str = "*"
    input: str = "*"
    until: datetime.date | None = None

    def covers(self, finding: Finding) -> bool:
        """Whether it is about `finding`, on whatever day."""
        named = self.rule in (finding.rule, load_rules()[finding.rule].family)
        # Places of a manifest have brackets, build_info.extensions._ssl[0], which mean other things in a pattern.
        return named and (finding.where == self.where or fnmatchcase(finding.where, self.where))

    def __str__(self) -> str:
        about = [f" at {self.where}" * (self.where != "*"), f" of {self.input}" * (self.input != "*")]
        return f"waiver {self.number} ({self.rule}{''.join(about)})"


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a file. Raises `InputError` that lists everything that is wrong with it."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise InputError(f"{path}: more than {_LARGEST:,} bytes; expected a file of waivers")
        table = tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: not TOML: {error}") from error
    faults = FaultCollector(str(path))
    for key in sorted(set(table) - {"waiver"}):
        faults.add(key, "unknown; expected [[waiver]] tables and nothing else")
    rows = table.get("waiver", [])
    made = []
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        faults.add("waiver", "expected tables, each written [[waiver]]")
    else:
        made = [_waiver(number, row, faults) for number, row in enumerate(rows, 1)]
    faults.raise_if_any("the waivers cannot be used")
    return tuple(waiver for waiver in made if waiver is not None)


def _waiver(number: int, row: dict[str, object], faults: FaultCollector) -> Waiver | None:
    place = f"waiver {number}"
    for key in sorted(set(row) - _KEYS):
        faults.add(f"{place}: {key}", f"unknown; expected {', '.join(sorted(_KEYS))}")
    texts = {key: _text(row, key, place, faults) for key in ("rule", "reason", "where", "input")}
    rule, until = texts["rule"], row.get("until")
    rules = load_rules()
    if rule and rule not in rules and rule not in {known.family for known in rules.values()}:
        faults.add(
            f"{place}: rule", f"{rule!r} is neither a rule nor a family; `pydist validate --list-rules` shows all"
        )
    for key in ("rule", "reason"):
        if key not in row:
            faults.add(f"{place}: {key}", "missing; a waiver names a rule and says why")
    if until is not None and (not isinstance(until, datetime.date) or isinstance(until, datetime.datetime)):
        faults.add(f"{place}: until", f"expected a date like 2027-03-01, found {until!r}")
        until = None
    if not rule or not texts["reason"]:
        return None
    return Waiver(number=number, rule=rule, reason=texts["reason"], where=texts["where"] or "*",
                  input=texts["input"] or "*", until=until)  # fmt: skip


def _text(row: dict[str, object], key: str, place: str, faults: FaultCollector) -> str:
    value = row.get(key, "")
    if not isinstance(value, str) or (key in row and not value.strip()):
        faults.add(f"{place}: {key}", f"expected text, found {value!r}")
        return ""
    return value


def apply(
    findings: Iterable[Finding], waivers: Sequence[Waiver], name: str, today: datetime.date
) -> tuple[list[Finding], tuple[Waived, ...]]:
    """What counts, and what is waived, of the findings about the input `name` on the day `today`."""
    here = [waiver for waiver in waivers if fnmatchcase(name, waiver.input)]
    valid = [waiver for waiver in here if waiver.until is None or today <= waiver.until]
    counted: list[Finding] = []
    waived: list[Waived] = []
    used: set[int] = set()
    for finding in findings:
        covering = next((waiver for waiver in valid if waiver.covers(finding)), None)
        if covering is None:
            counted.append(finding)
        else:
            used.add(covering.number)
            waived.append(Waived(finding=finding, reason=covering.reason, until=_day(covering)))
    return [*counted, *_of_waivers(here, valid, used, counted)], tuple(waived)


def _of_waivers(
    here: Iterable[Waiver], valid: Sequence[Waiver], used: set[int], counted: Sequence[Finding]
) -> Iterator[Finding]:
    """What is to be said of the waivers themselves."""
    for waiver in here:
        if waiver not in valid:
            if any(waiver.covers(finding) for finding in counted):
                yield found("waiver.expired", "", f"{waiver} counted until {waiver.until}: {waiver.reason}")
        elif waiver.number not in used:
            yield found("waiver.unused", "", f"{waiver} is about nothing that was found")


def _day(waiver: Waiver) -> str | None:
    return None if waiver.until is None else waiver.until.isoformat()
