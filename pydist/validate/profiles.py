"""Profiles: which rules are demanded of what kind of input, and how serious they are there.

Invariant: the table is `profiles.toml`; a profile that fits an input changes only how serious what its form demands is.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydist.errors import InputError
from pydist.validate.rules import Severity, choose, load_rules

__all__ = ["Profile", "find_profile", "load_profiles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One row. `rules` are ids; with `fits` they are those of the form of the input. `raised`: warnings are errors.
    `narrow`: of the input that it fits no other profile can demand more."""

    name: str
    meaning: str
    rules: frozenset[str]
    severities: Mapping[str, Severity] = field(default_factory=dict)
    fits: bool = False
    raised: bool = False
    narrow: bool = False

    def severity(self, rule: str, usual: Severity) -> Severity:
        """How serious a finding of `rule` is here, where it is `usual` in the table of rules."""
        made = self.severities.get(rule, usual)
        return Severity.ERROR if self.raised and made is Severity.WARNING else made


@functools.cache
def load_profiles() -> Mapping[str, Profile]:
    """All profiles by name, in the order of the table."""
    table = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    made = {}
    for name, row in table.items():
        named = row.get("rules", ["*"])
        severities = {
            rule.id: Severity(severity)
            for words, severity in row.get("severity", {}).items()
            for rule in load_rules().values()
            if words in (rule.id, rule.family)
        }
        made[name] = Profile(
            name=name,
            meaning=row["meaning"],
            rules=choose([] if named == ["*"] else named, row.get("without", ())),
            severities=severities,
            fits=row.get("fits", False),
            raised=row.get("raised", False),
            narrow=row.get("narrow", False),
        )
    return made


def find_profile(name: str | None, form: str) -> Profile:
    """The profile `name`, or the one that fits an input of `form`. Raises `InputError` that lists all."""
    profiles = load_profiles()
    if name is not None and name not in profiles:
        raise InputError(f"profile {name!r} is not known; these are: {', '.join(profiles)}")
    fitting = profiles[form]
    if name is None:
        return fitting
    chosen = profiles[name]
    if not chosen.fits:
        return replace(chosen, rules=chosen.rules & fitting.rules) if fitting.narrow else chosen
    return Profile(
        name=f"{chosen.name} ({form})",
        meaning=chosen.meaning,
        rules=fitting.rules,
        severities=fitting.severities,
        fits=True,
        raised=chosen.raised,
    )
