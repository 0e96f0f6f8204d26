"""Strips the files that a plan says, in an unpacked tree of our own.

Invariant: a stripped file says the same to its loader as before; what says otherwise is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydist.binary.elf import ElfFile, ElfInvalid
from pydist.binary.elf_strip import Stripped, debug_name, strip
from pydist.binary.kind import Kind
from pydist.progress import Reporter
from pydist.repack.plan import Item, Plan
from pydist.repack.report import LeftAlone, StrippedRow
from pydist.repack.tree import Tree

__all__ = ["shrink"]

_LARGEST = 512 << 20  # bytes; the file, what is left and what was taken out are in memory together
_LONGEST_ID = 128  # hexadecimal digits; linkers write 16, 32 or 40
_OTHERS = {Kind.MACHO: "Mach-O: its signature covers all of it", Kind.PE: "PE: its symbols are in files of their own"}


def shrink(tree: Tree, plan: Plan, debug: Path | None, reporter: Reporter) -> tuple[list[StrippedRow], list[LeftAlone]]:
    """Strip files below `tree.root`; what they lose goes below `debug`, under its build-id or else the file's name."""
    if not plan.profile.strip:
        return [], []
    done, alone = list[StrippedRow](), list(_others(tree, plan))
    reporter.step("strip")
    wanted = [item for item in plan.items if item.strip]
    for number, item in enumerate(wanted, 1):
        made = _one(tree.root / item.source, item, debug)
        if isinstance(made, LeftAlone):
            alone.append(made)
        elif made is not None:
            done.append(made)
        reporter.advance("strip", number, len(wanted))
    reporter.finish("strip", f"{len(done)} files")
    return done, alone


def _others(tree: Tree, plan: Plan) -> Iterator[LeftAlone]:
    for item in plan.items:
        if (reason := _OTHERS.get(tree.nodes[item.source].kind)) is not None:
            yield LeftAlone(path=item.name, reason=reason)


def _one(path: Path, item: Item, debug: Path | None) -> StrippedRow | LeftAlone | None:
    if (size := path.stat().st_size) > _LARGEST:
        return LeftAlone(path=item.name, reason=f"{size:,} bytes; it would be stripped up to {_LARGEST:,}")
    data = path.read_bytes()
    try:
        made = strip(data)
        if made.debug is None:
            return None
        if _loaded(data) != _loaded(made.data):
            return LeftAlone(path=item.name, reason="stripped, it would say something else to its loader")
    except ElfInvalid as error:
        return LeftAlone(path=item.name, reason=error.message)
    path.write_bytes(made.data)
    name = None if debug is None else _keep(made, item, debug)
    return StrippedRow(path=item.name, bytes_before=len(data), bytes_after=len(made.data), build_id=made.build_id,
                       debug_file=name)  # fmt: skip


def _keep(made: Stripped, item: Item, debug: Path) -> str:
    # A debugger finds by build-id; what has none is found by people, by its name.
    usable = made.build_id is not None and 2 < len(made.build_id) <= _LONGEST_ID
    name = debug_name(made.build_id) if usable and made.build_id is not None else f"{item.name}.debug"
    path = debug / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.debug or b"")
    return name


def _loaded(data: bytes) -> tuple[object, ...]:
    """All that a loader reads."""
    file = ElfFile.parse(data)
    symbols = tuple((symbol.name, symbol.value, symbol.version) for symbol in file.dynamic_symbols(data))
    return (file.type, file.machine, file.entry, file.segments, file.interp, file.needed, file.soname, file.rpath,
            file.runpath, file.version_needs, file.bind_now, file.textrel, file.build_id, symbols)  # fmt: skip
