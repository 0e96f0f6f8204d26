"""Whether what the manifest lists is enough to link: undefined symbols, followed the way a linker follows them.

Invariant: a finding is a symbol that a library of the archive defines and no listed one does. What nothing in the
archive defines is taken for the C library's or the compiler's, whose symbols no manifest lists.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydist.archive.paths import shown
from pydist.binary.kind import Kind
from pydist.manifest.model import LinkInfo, Manifest
from pydist.validate.binary_facts import SymbolNames
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found
from pydist.validate.steps import Endless, Steps

__all__ = ["judge"]

_RULE = "measured.symbols"
_FOLDER = "build/lib/"
_STEPS = 5_000_000  # for all modules together; a real distribution takes 200,000
_SHOWN = 3  # symbols of one finding
_Index = Mapping[str, SymbolNames]


def judge(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    """The core and the extension modules that need symbols of libraries which their links do not list."""
    core = manifest.build_info.core
    parts = [
        (f"build_info.extensions.{name[:80]}[{index}]", item)
        for name, items in manifest.build_info.extensions.items()
        for index, item in enumerate(items)
    ]
    core_links = (*core.links, *(link for _, item in parts if item.in_core for link in item.links))
    try:
        linker = _Linker(facts)
        shared = linker.indexes(core_links)
        yield from _lacking("build_info.core", linker.lacking(core.objs, shared), core_links)
        given = linker.defined(core.objs)
        for where, item in parts:
            if item.objs:
                lacking = linker.lacking(item.objs, [*linker.indexes(item.links), *shared], given)
                yield from _lacking(where, lacking, item.links)
    except Endless:
        yield found(_RULE, "build_info", f"more than {_STEPS:,} symbols to follow; not everything was looked at")


def _lacking(where: str, lacking: Mapping[str, Sequence[str]], links: Iterable[LinkInfo]) -> Iterator[Finding]:
    # A library that comes from elsewhere may have the name of one in the archive, which is then not meant.
    elsewhere = {f"{_FOLDER}lib{link.name}.a" for link in links if not link.path_static}
    wanted: dict[str, list[str]] = defaultdict(list)
    for symbol, libraries in lacking.items():
        if elsewhere.isdisjoint(libraries):
            wanted[" or ".join(map(shown, libraries[:_SHOWN]))].append(symbol)
    for library, symbols in wanted.items():
        names = ", ".join(shown(symbol) for symbol in sorted(symbols)[:_SHOWN])
        more = f" and {len(symbols) - _SHOWN:,} more symbols" if len(symbols) > _SHOWN else ""
        yield found(_RULE, f"{where}.links", f"{names}{more} of {library} are needed, but it is not listed")


class _Linker:
    """Brings members of libraries in when something needs them, like a linker."""

    def __init__(self, facts: Facts) -> None:
        self._facts, self._steps = facts, Steps(_STEPS)
        self._indexes: dict[int, _Index] = {}
        self._owners: dict[str, list[str]] = defaultdict(list)
        for path, file in facts.files.items():
            if file.kind is Kind.AR and path.startswith(_FOLDER):
                index = self._index(path)
                self._steps.spend(len(index))
                for symbol in index:
                    self._owners[symbol].append(path)

    def indexes(self, links: Iterable[LinkInfo]) -> list[_Index]:
        """What the libraries in the archive that `links` lists define, in their order."""
        paths = dict.fromkeys(link.path_static for link in links if link.path_static)
        return [self._index(self._facts.resolve(path)) for path in paths]

    def defined(self, objects: Iterable[str]) -> frozenset[str]:
        """What `objects` define."""
        return frozenset().union(*(names.defines for path in set(objects) for names in self._symbols(path)))

    def lacking(
        self, objects: Iterable[str], libraries: Sequence[_Index], given: frozenset[str] = frozenset()
    ) -> dict[str, list[str]]:
        """Symbols that `objects` and what they bring in need, and that neither of them nor `given` has.

        Each with the libraries that define it; symbols that no library defines are left out. Raises `Endless`.
        """
        known: set[str] = set()
        waiting: list[str] = []

        def bring_in(names: SymbolNames) -> None:
            self._steps.spend(len(names.defines) + len(names.needs))
            known.update(names.defines)
            waiting.extend(names.needs)

        for path in dict.fromkeys(objects):
            for names in self._symbols(path):
                bring_in(names)
        lacking: dict[str, list[str]] = {}
        while waiting:
            symbol = waiting.pop()
            if symbol in known or symbol in given or symbol in lacking:
                continue
            self._steps.spend(1 + len(libraries))
            member = next((index[symbol] for index in libraries if symbol in index), None)
            if member is not None:
                bring_in(member)
            elif symbol in self._owners:
                self._steps.spend(len(self._owners[symbol]))  # all of which are looked at
                lacking[symbol] = self._owners[symbol]
        return lacking

    def _index(self, path: str) -> _Index:
        symbols = self._symbols(path)
        # By identity: hard links are many names of one library.
        if id(symbols) not in self._indexes:
            self._indexes[id(symbols)] = {symbol: names for names in reversed(symbols) for symbol in names.defines}
        return self._indexes[id(symbols)]

    def _symbols(self, path: str) -> tuple[SymbolNames, ...]:
        file = self._facts.files.get(path)
        return file.binary.symbols if file is not None and file.binary is not None else ()
