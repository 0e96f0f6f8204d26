"""The table of rules: what each id means, how serious it is, and what to do about a violation.

Invariant: an id is `family.name` and never changes its meaning; rules are in `rules.toml`, but for those of the family
`quirk`, which are the rows of `pydist/manifest/quirks.toml`.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydist.errors import Fault, InputError
from pydist.manifest.convert import doc
from pydist.manifest.quirks import load_quirks

__all__ = ["Rule", "Rules", "Severity", "choose", "load_rules"]


class Severity(StrEnum):
    """How serious a finding is. One error makes the verdict bad."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Something that holds in every good archive."""

    id: str = field(metadata=doc("`family.name`."))
    family: str = field(metadata=doc("What it is about; selects all rules of one kind."))
    severity: Severity = field(metadata=doc("How serious a violation is. One error makes the verdict bad."))
    meaning: str = field(metadata=doc("What holds in a good archive; of an oddity of the family `quirk`: what is odd."))
    fix: str = field(metadata=doc("What to do where it does not hold."))
    targets: tuple[str, ...] = field(
        default=(), metadata=doc("Patterns of target triples, with +static for static builds; empty: it holds for all.")
    )
    needs: tuple[str, ...] = field(
        default=(), metadata=doc("Keys of PYTHON.json without which, in an older version, nothing is judged.")
    )

    def holds_for(self, target: str | None) -> bool:
        """Whether it is demanded of `target`: its triple, with `+static` for a static build; None: not known."""
        return not self.targets or any(fnmatchcase(target or "", pattern) for pattern in self.targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The output of `pydist validate --list-rules --json`."""

    format_version: Literal[1] = field(default=1, metadata=doc("Version of this format."))
    rules: tuple[Rule, ...] = field(metadata=doc("All rules, in the order of the table."))


@functools.cache
def load_rules() -> Mapping[str, Rule]:
    """All rules by id, in the order of the table."""
    table = tomllib.loads((Path(__file__).with_name("rules.toml")).read_text(encoding="utf-8"))
    made = (
        Rule(
            id=f"{family}.{name}",
            family=family,
            severity=Severity(row["severity"]),
            meaning=row["meaning"],
            fix=row["fix"],
            targets=tuple(row.get("targets", ())),
            needs=tuple(row.get("needs", ())),
        )
        for family, rows in table.items()
        for name, row in rows.items()
    )
    return {rule.id: rule for rule in (*made, *_quirks())}


def _quirks() -> Iterator[Rule]:
    """A rule for each known oddity of upstream's manifests."""
    for row in load_quirks().values():
        yield Rule(
            id=f"quirk.{row.id}", family="quirk", severity=Severity.NOTE, meaning=f"odd: {row.meaning}", fix=row.done
        )


def choose(select: Sequence[str] = (), ignore: Sequence[str] = ()) -> frozenset[str]:
    """Ids of the rules that `select` names (default all), without those that `ignore` names.

    Both take ids and families. Raises `InputError` that lists every name that is neither.
    """
    rules = load_rules()
    families = {rule.family for rule in rules.values()}
    unknown = [name for name in (*select, *ignore) if name not in rules and name not in families]
    if unknown:
        faults = [
            Fault(name, f"neither a rule nor a family; families: {', '.join(sorted(families))}") for name in unknown
        ]
        raise InputError("unknown rules; `pydist validate --list-rules` shows all", faults)

    def named(names: Sequence[str]) -> set[str]:
        return {rule.id for rule in rules.values() if rule.id in names or rule.family in names}

    return frozenset((named(select) if select else set(rules)) - named(ignore))
