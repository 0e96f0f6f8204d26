"""Which archive is meant by a version and a few wishes: pure functions over the entries of an index.

The order, best first (docs/how-to/fetch.md has it for people): newest version, newest build, what suits the machine
best, highest processor level, neither debug nor free-threaded, most content, options by `_OPTIMIZATIONS`, and names in
the end, so that the choice never depends on the order of an index.

Invariant: nothing is chosen that cannot run on the machine, unless its target was asked for; no pre-release, debug or
free-threaded build unless it was asked for (a pre-release also where a series has nothing else).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from pydist.errors import Fault, InputError
from pydist.fetch.entry import Entry, Listing
from pydist.fetch.machine import Machine
from pydist.policy.names import WORDS, Flavour, check_tag
from pydist.target import Target

__all__ = ["Wanted", "choose", "latest", "matching", "nothing"]

# As the fastest of two is wanted; install-only names say nothing, and are of the best build of their release.
_OPTIMIZATIONS = ("pgo+lto", "pgo", "lto", "", "noopt", "debug")
_LINKAGES = ("", "shared", "static")
_SUFFIXES = ("tar.zst", "tar.gz", "tar.xz", "tar", "zip")
_VERSION = re.compile(r"(\d{1,3})(?:\.(\d{1,3})(?:\.(\d{1,3})((?:a|b|rc)\d{1,3})?)?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody asks for; None and empty mean anything. `version` is a version or the beginning of one, `range`
    what else holds for it (PEP 440), `build` a release tag, `options` are words."""

    version: str = ""
    range: SpecifierSet = field(default_factory=SpecifierSet)
    build: str = ""
    target: Target | None = None
    options: frozenset[str] = frozenset()
    flavour: Flavour | None = None

    @classmethod
    def parse(cls, version: str = "", *, target: str = "", options: str = "", flavour: Flavour | None = None) -> Wanted:
        """Read `3`, `3.13`, `3.13.1` or `3.15.0rc1`, each with `+TAG` where a build is meant, or `>=3.12,<3.14`, a
        triple, and words joined by `+`. Raises `InputError` with every fault."""
        faults = []
        number, plus, build = version.partition("+")
        chosen = SpecifierSet()
        try:
            if version[:1] in ("<", ">", "=", "!", "~"):
                chosen, number, plus = SpecifierSet(version), "", ""
        except InvalidSpecifier:
            pass  # said below
        if number and not _VERSION.fullmatch(number):
            faults.append(Fault("version", "expected one like 3.13, 3.13.1, 3.13.1+20250101 or >=3.12,<3.14, "
                                f"found {version!r}"))  # fmt: skip
        words = frozenset(options.split("+")) if options else frozenset()
        known = {word for text in WORDS for word in text.split("+")}
        if words - known:
            faults.append(Fault("options", f"expected words of {', '.join(sorted(known))}, found {options!r}"))
        parsed = None
        try:
            parsed = Target.parse(target) if target else None
            build = check_tag(build) if plus else ""
        except InputError as error:
            faults.append(Fault("", error.message))
        if faults:
            raise InputError("it is not clear which distribution is wanted", faults)
        return cls(
            version=number, range=chosen, build=build if plus else "", target=parsed, options=words, flavour=flavour
        )

    def suits(self, entry: Entry) -> bool:
        """Whether `entry` is one of those asked for, whatever the machine is."""
        name, words = entry.name, entry.words
        return (
            (not self.version or f"{entry.version}.".startswith(f"{self.version}."))
            and self.range.contains(entry.order, prereleases=True)
            and (not self.build or name.build == self.build)
            and (self.target is None or _triple(entry) == self.target.triple)
            and self.options <= words
            and (self.flavour is None or name.content is self.flavour)
            # Who names an optimisation means this one and not a further one beside it.
            and _optimization(self.options) in ("", _optimization(words))
        )

    def __str__(self) -> str:
        version = self.version or str(self.range)
        parts = [f"Python {version}" if version else "any Python", f"build {self.build}" * bool(self.build),
                 str(self.target or ""), "+".join(sorted(self.options)), self.flavour or ""]  # fmt: skip
        return ", ".join(filter(None, parts))


def matching(entries: Iterable[Entry], wanted: Wanted, machine: Machine | None) -> list[Entry]:
    """All entries that suit, the best first; those that only a machine unlike `machine` can run come last."""
    return sorted((entry for entry in entries if wanted.suits(entry)), key=lambda entry: _order(entry, machine))


def latest(entries: Iterable[Entry]) -> list[Entry]:
    """Of `entries`, the best first, those of each series' newest version in its newest build."""
    newest: dict[str | None, tuple[str, str]] = {}
    rows = [(entry, (entry.version, entry.name.build)) for entry in entries]
    return [entry for entry, build in rows if newest.setdefault(entry.name.series, build) == build]


def choose(listing: Listing, wanted: Wanted, machine: Machine | None) -> Entry:
    """The one entry that is meant. Raises `InputError` that says what there is instead."""
    found = _eligible(listing.entries, wanted, machine)
    if not found:
        raise nothing(listing, wanted, machine)
    return found[0]


def nothing(listing: Listing, wanted: Wanted, machine: Machine | None) -> InputError:
    """That nothing of `listing` is wanted, and what there is instead."""
    faults = [Fault(f"without {what}", f"{len(rest)} to be had, the best is {rest[0].name}")
              for what, other in _relaxed(wanted)
              if (rest := _eligible(listing.entries, other, machine))]  # fmt: skip
    if not any(entry for entry in listing.entries if Wanted(version=wanted.version, range=wanted.range).suits(entry)):
        series = {(entry.order.release[:2], entry.name.series or "") for entry in listing.entries}
        faults.append(Fault("series in it", ", ".join(text for _, text in sorted(series) if text)))
    if wanted.flavour is not None:
        flavours = {entry.name.content for entry in listing.entries if replace(wanted, flavour=None).suits(entry)}
        faults.append(Fault("flavours of that", ", ".join(word for word in Flavour if word in flavours) or "none"))
    if wanted.target is None and (rest := matching(listing.entries, wanted, machine)):
        place = str(machine) if machine else "a kind that is not known"
        faults.append(Fault("for other machines, or only by name", f"{len(rest)}, such as {rest[0].name}; "
                            f"this machine is {place}; --target and --options choose"))  # fmt: skip
    if listing.left_out:
        faults.append(Fault("left out of the index", f"{len(listing.left_out)} entries, see --list --json"))
    return InputError(f"{listing.where}: nothing of {len(listing.entries)} archives is {wanted}", faults)


def _eligible(entries: Iterable[Entry], wanted: Wanted, machine: Machine | None) -> list[Entry]:
    found = [
        entry
        for entry in matching(entries, wanted, machine)
        if ("debug" not in entry.words or "debug" in wanted.options)
        and ("freethreaded" in entry.words) == ("freethreaded" in wanted.options)
        and entry.name.content is not None
        and (wanted.target is not None or _rank(entry, machine) is not None)
    ]
    final = [entry for entry in found if not entry.order.is_prerelease]
    exact = wanted.version.count(".") == 2
    # Somebody who asks for Python 3 does not mean the next one's trial.
    return found if exact or (not final and "." in wanted.version) else final


def _order(entry: Entry, machine: Machine | None) -> tuple[object, ...]:
    name, rank, target = entry.name, _rank(entry, machine), entry.name.target
    flavours = [*Flavour, None]
    return (
        _Descending(entry.order),
        _Descending((name.build[:8].isdecimal(), name.build)),
        rank is None,
        rank or 0,
        -(target.level if target else 0),
        "debug" in entry.words,
        "freethreaded" in entry.words,
        flavours.index(name.content),
        _OPTIMIZATIONS.index(_optimization(entry.words)) if _optimization(entry.words) in _OPTIMIZATIONS else 9,
        "static" in entry.words,
        _LINKAGES.index(name.linkage),
        _SUFFIXES.index(name.suffix),
        str(name),
    )


def _relaxed(wanted: Wanted) -> list[tuple[str, Wanted]]:
    """`wanted` with one wish less each."""
    rows = [
        (f"the build {wanted.build}", bool(wanted.build), replace(wanted, build="")),
        (f"the patch of {wanted.version}", wanted.version.count(".") > 1,
         replace(wanted, version=".".join(wanted.version.split(".")[:2]), build="")),
        (f"--target {wanted.target}", wanted.target is not None, replace(wanted, target=None)),
        (f"--options {'+'.join(sorted(wanted.options))}", bool(wanted.options), replace(wanted, options=frozenset())),
        (f"--flavour {wanted.flavour}", wanted.flavour is not None, replace(wanted, flavour=None)),
    ]  # fmt: skip
    return [(what, other) for what, asked, other in rows if asked]


def _rank(entry: Entry, machine: Machine | None) -> int | None:
    target = entry.name.target
    return None if machine is None or target is None else machine.rank(target, static="static" in entry.words)


def _triple(entry: Entry) -> str:
    return entry.name.target.triple if entry.name.target else entry.name.platform


def _optimization(words: frozenset[str]) -> str:
    return "+".join(word for word in ("debug", "noopt", "pgo", "lto") if word in words)


@dataclass(frozen=True, slots=True)
class _Descending:
    """Turns an order around."""

    value: Version | tuple[bool, str]

    def __lt__(self, other: _Descending) -> bool:
        return other.value < self.value  # type: ignore[operator]  # rows compare versions with versions
