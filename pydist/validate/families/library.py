"""Rules about what a series of CPython has: modules of the standard library, extension modules, bytecode.

Invariant: nothing is demanded of a series that the tables do not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.target import Os
from pydist.validate.expected import is_libpython
from pydist.validate.facts import Facts
from pydist.validate.places import Places
from pydist.validate.report import Finding, found
from pydist.validate.series import Series, load_series, series_of

__all__ = ["judge"]

_SHOWN = 8
_WITHOUT_FUNCTION = {"builtins", "sys", "_warnings", "marshal"}  # their functions have other names, or none
_FILE = re.compile(r"(?:.*/)?lib-dynload/([^/.]+)\.([^/]*\.)?so")
# As importlib reads such a name (PEP 488); other tools, like pytest, put names with more full stops there.
_CACHED = re.compile(r"(.*/)?__pycache__/([^/.]+)\.(?:cpython-(\d+)[a-z]*|[\w-]+)(?:\.opt-\w+)?\.pyc", re.ASCII)
_MAGIC = re.compile(r"([0-9a-f]{2})([0-9a-f]{2})0d0a", re.ASCII)


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that a distribution of its series lacks, or has of another one."""
    if facts.damage is not None:
        return
    version = _version(facts)
    series = series_of(version)
    if series is None:
        if version is not None:
            first, *_, last = load_series()
            yield found("python.series", "", f"{shown(version)}; the tables have {first} to {last}")
        return
    yield from _modules(facts, Places.of(facts), series)
    if facts.target is not None:
        yield from _extensions(facts, series, facts.target.os)
    yield from _bytecode(facts, series, version or "")
    yield from _suffixes(facts, series)
    yield from _programs(facts)


def _version(facts: Facts) -> str | None:
    if facts.about is not None:
        return facts.about.python_version[:40]
    return facts.identity.version.value if facts.identity.version is not None else None


def _modules(facts: Facts, places: Places, series: Series) -> Iterator[Finding]:
    there = places.modules(facts)
    if "os" not in there:
        yield found("python.library", "", "there is no folder or zip archive with os.py and what belongs to it")
        return
    system = facts.target.os if facts.target is not None else None
    absent = tuple(f"{name}." for name in series.dispensable(system) - there)
    missing = {name for name in series.library - there if not f"{name}.".startswith(absent)}
    if missing:
        yield found("python.module-missing", places.library or "", f"{series.name} has {_listed(missing)} besides")


def _extensions(facts: Facts, series: Series, system: Os) -> Iterator[Finding]:
    named = _named(facts)
    if named is None:
        return
    expected = series.expected(system)
    if facts.about is None:
        expected -= _WITHOUT_FUNCTION
    if missing := expected - named:
        yield found("python.extension-missing", "", f"{series.name} has {_listed(missing)} besides on {system}")
    if unknown := named - series.known:
        text = f"{_listed(unknown)} is in no CPython {series.name}"
        yield found("python.extension-unknown", "", text)
    manifest = facts.manifest
    for name in sorted(series.start & named) if manifest is not None else ():
        variants = manifest.build_info.extensions.get(name, ()) if manifest is not None else ()
        if variants and variants[0].shared_lib is not None:
            yield found(
                "python.start", f"build_info.extensions.{name}", "is a shared library, but needed to find any file"
            )


def _named(facts: Facts) -> frozenset[str] | None:
    """Extension modules that there are; None where nothing tells which are built in."""
    if facts.manifest is not None:
        return frozenset(name[:80] for name, variants in facts.manifest.build_info.extensions.items() if variants)
    if facts.compact is not None:
        return frozenset(name[:80] for name in facts.compact.extensions)
    hosts = [facts.program, *(facts.linked_file(name) for name in facts.files if is_libpython(name))]
    exports = frozenset().union(*(host.dynamic.exports for host in hosts if host is not None and host.dynamic))
    inside = frozenset(name.removeprefix("PyInit_") for name in exports if name.startswith("PyInit_"))
    files = frozenset(match[1] for name in facts.files if (match := _FILE.fullmatch(name)))
    return inside | files if inside else None


def _bytecode(facts: Facts, series: Series, version: str) -> Iterator[Finding]:
    stated = facts.about.python_bytecode_magic_number if facts.about is not None else ""
    if (match := _MAGIC.fullmatch(stated)) and not series.bytecode(int(match[2] + match[1], 16), version):
        text = f"{int(match[2] + match[1], 16)}, expected {series.magic or series.magics} for {shown(version)}"
        yield found("python.magic-number", "python_bytecode_magic_number", text)
    for name, file in facts.files.items():
        if not name.endswith(".pyc") or file.content is None:
            continue
        if file.content.fault is not None:
            yield found("python.bytecode", name, file.content.fault)
        code = file.content.bytecode
        if code is None:
            continue
        cached = _CACHED.fullmatch(name)
        own = _own(cached[3], series) if cached is not None else "__pycache__/" not in name
        if own and not series.bytecode(code.magic, version):
            text = f"its magic number is {code.magic}, expected {series.magic or series.magics} for {shown(version)}"
            yield found("python.bytecode-series", name, text)
        if cached is None:
            continue
        path = f"{cached[1] or ''}{cached[2]}.py"
        source = facts.files.get(facts.resolve(path))
        if source is None:
            if path not in facts.links:  # which may lead out of what was read, like Debian's sitecustomize.py
                yield found("python.bytecode-orphan", name, "there is no source to it, so that it is never used")
            continue
        known = source.content.source_hash if source.content is not None else None
        if code.source_hash is not None:
            if known is not None and known != code.source_hash and _own(cached[3], series):
                yield found("python.bytecode-stale", name, "its source is another one: the hashes differ")
        elif (code.mtime, code.size) != (source.mtime & 0xFFFFFFFF, source.size & 0xFFFFFFFF):
            text = f"of {code.size:,} bytes of time {code.mtime}, but its source has {source.size:,} of {source.mtime}"
            yield found("python.bytecode-stale", name, text)


def _own(tag: str | None, series: Series) -> bool:
    """Whether bytecode in a cache says that it is of this series: others have theirs beside it."""
    return tag == series.name.replace(".", "")


def _suffixes(facts: Facts, series: Series) -> Iterator[Finding]:
    """Modules in lib-dynload that this Python looks past."""
    tag = f"cpython-{series.name.replace('.', '')}"
    for name in facts.files:
        match = _FILE.fullmatch(name)
        words = (match[2] or "").rstrip(".") if match else ""
        if words.startswith("cpython-") and re.fullmatch(rf"{tag}[a-z]*(-.*)?", words) is None:
            yield found("python.suffix", name, f"is of {shown(words)}, and no {tag} finds it")


def _programs(facts: Facts) -> Iterator[Finding]:
    """Names without a number, which scripts and people use, are the same interpreter."""
    interpreter = facts.interpreter
    if interpreter is None or interpreter not in {*facts.files, *facts.links}:
        return
    folder, meant = interpreter.rpartition("/")[0], facts.resolve(interpreter)
    for name in (f"{folder}/python", f"{folder}/python3"):
        real = facts.resolve(name)
        file, own = facts.files.get(real), facts.files.get(meant)
        if file is not None and own is not None and real != meant and file.sha256 != own.sha256:
            yield found("python.program-names", name, f"is {shown(real)}, expected {shown(meant)}")


def _listed(names: set[str] | frozenset[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _SHOWN:,} more" if len(ordered) > _SHOWN else ""
    return ", ".join(shown(name).strip("'") for name in ordered[:_SHOWN]) + more
