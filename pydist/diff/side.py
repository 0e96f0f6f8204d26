"""What a comparison keeps of one distribution: small, so that the facts of the first can go before the second is read.

Invariant: made of facts alone, it opens nothing. Names are those of a full archive: those of an `install_only` archive
stand below `install/` here, so that both kinds can be compared; what is outside of `python/` begins with `../`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pydist.archive.entry import Kind
from pydist.archive.paths import UnsafeName, check_name
from pydist.archive.source import ArchiveDamaged
from pydist.diff.report import FileState, Input, Presence
from pydist.errors import InputError
from pydist.manifest.convert import loads
from pydist.policy.categories import category_of
from pydist.validate.binary_facts import BinaryFacts
from pydist.validate.expected import dotted, glibc_version
from pydist.validate.facts import MANIFEST, Facts
from pydist.validate.report import Finding, Report, Summary

__all__ = ["INSTALL", "Names", "Side", "own_name", "side_of"]

INSTALL = "install"
_ROOT = "python/"
_SERIES = re.compile(r"(?:^|/)lib/python(3\.\d{1,3})t?$", re.ASCII)
_SERIES_SHOWN = 5
_MODULE = re.compile(r"(?:^|/)(?:lib-dynload/([^/.]+)\.[^/]*(?:so|dylib)|DLLs/([^/.]+)\.[^/]*pyd)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What one linked file or static library offers and needs. `loaded` is false for static libraries."""

    exports: frozenset[str]
    needs: frozenset[str]
    libraries: frozenset[str] = frozenset()
    glibc: tuple[int, ...] = ()
    loaded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One distribution. `identity` has what is said by its origin; `names` are of files that have symbols.

    `where` is the folder or archive that names are of, `rules` are those that it was judged by.
    `manifest` is the parsed document, None without one.
    `extensions` are those of the manifest, None without one; `modules` are those that are files of their own.
    """

    input: Input
    where: Path
    identity: Mapping[str, Mapping[str, str]]
    manifest: object
    files: Mapping[str, FileState]
    categories: Mapping[str, str]
    names: Mapping[str, Names]
    extensions: Mapping[str, Presence] | None
    modules: frozenset[str]
    findings: tuple[Finding, ...]
    rules: frozenset[str]


def side_of(facts: Facts, report: Report) -> Side:
    """The facts of a distribution and what the rules say of it. Raises `InputError` for what cannot be compared."""
    if facts.damage is not None:
        raise ArchiveDamaged(facts.damage)
    if not facts.files:
        raise InputError(f"{facts.where}: no file below python/; expected a distribution, as an archive or a folder")
    files = dict(_others(facts)) | dict(_files(facts))
    document, summary = facts.document, report.summary
    return Side(
        input=Input(
            path=report.input,
            files=len(facts.files),
            bytes=sum(file.size for file in facts.files.values()),
            verdict="good" if report.good else "bad",
            python_version=summary.python_version,
            target_triple=summary.target_triple,
            build_options=summary.build_options,
            read=summary.read,
        ),
        where=facts.where,
        identity=_identity(facts, summary),
        manifest=None if document is None else _parsed(document),
        files=files,
        categories={name: category_of(name, INSTALL) for name in files},
        names={
            own_name(facts, name): found
            for name, file in facts.files.items()
            if file.binary is not None and (found := _names(file.binary)) is not None
        },
        extensions=_extensions(facts),
        modules=frozenset(_modules(facts)),
        findings=tuple(
            replace(item, where=own_name(facts, item.where)) if item.where in facts.files else item
            for item in report.findings
        ),
        rules=frozenset(report.rules),
    )


def own_name(facts: Facts, name: str) -> str:
    """The name of a file of `facts` as it would be in a full archive."""
    full = MANIFEST in facts.files or INSTALL in facts.folders
    return name if full else f"{INSTALL}/{name}"


def _files(facts: Facts) -> Iterator[tuple[str, FileState]]:
    for name, file in facts.files.items():
        mode = f"{file.mode & 0o7777:04o}"
        yield own_name(facts, name), FileState(kind="file", size=file.size, mode=mode, sha256=file.sha256)
    for name, link in facts.links.items():
        yield own_name(facts, name), FileState(kind="link", link=link)


def _others(facts: Facts) -> Iterator[tuple[str, FileState]]:
    """What is in the archive and not in the distribution: devices and pipes, unsafe names, names outside `python/`."""
    rooted = facts.packed and any(entry.path.startswith(_ROOT) for entry in facts.entries)
    for entry in facts.entries:
        if entry.kind is Kind.DIRECTORY:
            continue
        try:
            whole = check_name(entry.path)
        except UnsafeName:
            whole = ""
        name = whole.removeprefix(_ROOT) if rooted else whole
        if rooted and not whole.startswith(_ROOT):
            name = ""
        if not name:
            yield f"../{entry.path}", FileState(kind="other", size=entry.size, link=entry.link)
        elif name not in facts.files and name not in facts.links:
            yield own_name(facts, name), FileState(kind="other", size=entry.size, link=entry.link)


def _names(binary: BinaryFacts) -> Names | None:
    if binary.dynamic is not None and binary.elf:
        elf = binary.elf[0][1]
        return Names(
            exports=binary.dynamic.exports,
            needs=binary.dynamic.needs,
            libraries=frozenset(elf.needed),
            glibc=_glibc(binary),
            loaded=True,
        )
    if len(binary.symbols) == 0 or binary.elf[0][0] == "":  # the one name of an object that is no member
        return None
    defines = frozenset[str]().union(*(names.defines for names in binary.symbols))
    hidden = frozenset[str]().union(*(names.hidden for names in binary.symbols))
    needs = frozenset[str]().union(*(names.needs for names in binary.symbols))
    return Names(exports=defines - hidden, needs=needs - defines)


def _identity(facts: Facts, summary: Summary) -> Mapping[str, Mapping[str, str]]:
    """What says which distribution it is, by who says it: origins that one side lacks are not compared."""
    said: dict[str, dict[str, str]] = {"content": dict(_measured(facts))}
    if summary.python_version is not None:
        said["any"] = {"python": summary.python_version}
    if (about := facts.about) is not None:
        said["stated"] = {
            "target": about.target_triple,
            "options": about.build_options,
            "tag": about.python_tag,
            "abi flags": about.python_abi_tag or "",
            "platform": about.python_platform_tag,
            "libpython": about.libpython_link_mode,
            "c run time": ", ".join(sorted(about.crt_features)),
        }
    elif facts.identity.version is not None:
        said["learned"] = {"target": summary.target_triple or "", "options": summary.build_options or ""}
    if (made := facts.manifest) is not None and facts.loaded is not None:
        said["manifest"] = {
            "manifest version": str(facts.loaded.version),
            "objects": made.build_info.object_file_format,
        }
    if (record := facts.record) is not None:
        said["record"] = {"compiler": f"{record.toolchain.name} {record.toolchain.version}"}
        said["sources"] = {f"source of {source.name}": source.version for source in record.sources}
    elif facts.compact is not None and facts.compact.components:
        said["sources"] = {f"source of {name}": text for name, text in facts.compact.components.items()}
    return {origin: {key: value for key, value in rows.items() if value} for origin, rows in said.items()}


def _measured(facts: Facts) -> Iterator[tuple[str, str]]:
    series = sorted({found[1] for name in facts.folders if (found := _SERIES.search(name))})
    yield "series", ", ".join(series[:_SERIES_SHOWN])
    binaries = (file.binary for file in facts.files.values() if file.binary is not None and file.binary.dynamic)
    yield "highest glibc", dotted(max(map(_glibc, binaries), default=()))


def _glibc(binary: BinaryFacts) -> tuple[int, ...]:
    return max((glibc_version(need) for _, elf in binary.elf for need in elf.versions), default=())


def _extensions(facts: Facts) -> Mapping[str, Presence] | None:
    if facts.manifest is None:
        return None
    made: dict[str, Presence] = {}
    for name, variants in facts.manifest.build_info.extensions.items():
        if variants:
            first = variants[0]
            made[name] = "core" if first.in_core else "shared" if first.shared_lib is not None else "built in"
    return made


def _modules(facts: Facts) -> Iterator[str]:
    for name in (*facts.files, *facts.links):
        if found := _MODULE.search(name):
            yield found[1] or found[2]


def _parsed(document: bytes) -> object:
    """The document; a text that says so where it is none, so that two of them can still be compared."""
    try:
        return loads(document, MANIFEST)
    except InputError:
        return document.decode("utf-8", "replace")
