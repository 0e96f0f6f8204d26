"""The rows of an image from the parts of an application.

Invariant: every choice was made before; this only puts values where the image format wants them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pydist.link.collect import Collected
from pydist.link.dist import Distribution
from pydist.link.entry import Entry
from pydist.link.image import START, FileRow, ImageSpec, ModuleFlag, ModuleRow, RehearsalRow
from pydist.link.launch import launch_path
from pydist.link.part import Part

__all__ = ["Parts", "image_spec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an application is put together from; `python` is there when the interpreter is not in the executable,
    `places` (`pydist.link.places`) once the files of the others have been chosen, `brought` when libraries of this
    machine come along."""

    stdlib: Part
    packages: tuple[Part, ...]
    own: Part
    python: Part | None = None
    places: Part | None = None
    brought: Part | None = None

    @property
    def all(self) -> tuple[Part, ...]:
        further = (part for part in (self.python, self.brought, self.places) if part)
        return (*further, self.stdlib, *self.packages, self.own)


def image_spec(
    distribution: Distribution,
    entries: Sequence[Entry],
    parts: Parts,
    *,
    tree: Collected,
    meta: bytes,
    optimize: int,
    switches: Iterable[str] = (),
    rehearsals: tuple[RehearsalRow, ...] = (),
) -> ImageSpec:
    """The image of an application, whose code was compiled at the level `optimize`. `switches` are the settings of the
    run time that are on."""
    manifest = distribution.manifest
    python = f"bin/python{distribution.series}"
    started, config = _entries(entries, parts)
    config += [("stdlib", distribution.virtual_stdlib), ("optimize", str(optimize)), ("python", python)]
    if parts.python:
        config.append(("launch", launch_path(distribution)))
    config += [(name, "1") for name in switches]
    search = [distribution.virtual_stdlib, distribution.site_packages]
    if distribution.dynamic:
        search.insert(1, f"{distribution.virtual_stdlib}/lib-dynload")
    config += [("sys.path", path) for path in (*search, *tree.start.paths)]
    config += [("start", call) for call in tree.start.calls]
    if any(row.flags & ModuleFlag.BUILTIN for row in tree.modules):
        config += [("suffix", suffix) for suffix in distribution.suffixes]
    return ImageSpec(
        python_hex=manifest.python_implementation_hex_version,
        pyc_magic=distribution.pyc_magic,
        abi_tag=manifest.python_implementation_cache_tag,
        modules=(*tree.modules, *started),
        files=(*tree.files, FileRow(path=python, data=b"", executable=True)),
        frozen=START,
        needs=tree.needs,
        rehearsals=rehearsals,
        config=tuple(config),
        meta=meta,
    )


def _entries(entries: Sequence[Entry], parts: Parts) -> tuple[list[ModuleRow], list[tuple[str, str]]]:
    """The rows of scripts that the application starts as, and the settings that name them. The row of the only script
    is `__main__`; of several each has the name of its file, which no import statement can name."""
    if len(entries) == 1:
        (entry,) = entries
        name = "__main__" if entry.kind == "script" else entry.module
        rows = [_row(name, entry, parts)] if entry.kind == "script" else []
        return rows, [("entry.kind", entry.kind), ("entry.name", name)]
    rows = [_row(entry.path, entry, parts) for entry in entries]
    return rows, [("entry.kind", "scripts"), *(("entry.script", entry.name) for entry in entries)]


def _row(name: str, entry: Entry, parts: Parts) -> ModuleRow:
    code = next(file.code for part in parts.all for file in part.files if file.path == entry.path)
    return ModuleRow(name=name, path=entry.path, code=code)
