"""Rules that hold advertised facts of a build against what its files show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.binary.kind import Kind
from pydist.manifest.compact import Compact
from pydist.manifest.model import Manifest
from pydist.target import Libc
from pydist.validate.binary_facts import ElfFacts
from pydist.validate.expected import dotted, glibc_version, is_libpython
from pydist.validate.facts import RECORD, Facts
from pydist.validate.families import symbols
from pydist.validate.report import Finding, found

__all__ = ["crt", "judge"]

_INITTAB = re.compile(r'\{\s*"([\w.]+)"\s*,\s*(\w+)\s*\}', re.ASCII)
_OBJECT = re.compile(r"build/(?!bitcode/).*\.(o|obj)$", re.ASCII)
_FORMATS = {"elf": Kind.ELF, "mach-o": Kind.MACHO, "coff": Kind.COFF, "llvm-bitcode": Kind.BITCODE}
_API = "Py_Initialize"  # stands for all of the C API: one option of the compiler decides about everything
_CAP = "glibc-max-symbol-version:"


def judge(facts: Facts) -> Iterator[Finding]:
    """Every advertised fact that the files contradict."""
    manifest = facts.manifest
    if manifest is None or facts.damage is not None:
        return
    yield from _link_mode(facts, manifest)
    yield from _object_format(facts, manifest)
    yield from crt(facts, manifest)
    yield from _floor(facts)
    yield from _visibility(facts, manifest)
    yield from _init_functions(facts, manifest)
    yield from _inittab(facts, manifest)
    yield from symbols.judge(facts, manifest)


def _link_mode(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    mode, shared = manifest.libpython_link_mode, manifest.build_info.core.shared_lib
    there = [name for name in facts.files if is_libpython(name)]
    if mode not in ("static", "shared"):
        yield found("measured.link-mode", "libpython_link_mode", f"{mode[:80]!r}, expected static or shared")
    elif mode == "shared" and shared is None:
        yield found("measured.link-mode", "libpython_link_mode", "shared, but build_info.core.shared_lib is missing")
    elif mode == "static" and (shared is not None or there):
        text = f"static, but there is a shared library: {shown(shared or there[0])}"
        yield found("measured.link-mode", "libpython_link_mode", text)
    program = _program(facts)
    needed = [name for name in (program.needed if program else ()) if is_libpython(name)]
    if mode == "static" and needed:
        yield found(
            "measured.link-mode", "libpython_link_mode", f"static, but the interpreter needs {shown(needed[0])}"
        )


def _program(facts: Facts) -> ElfFacts | None:
    """The interpreter, when it is an ELF file that is linked."""
    return facts.program.elf[0][1] if facts.program is not None else None


def _object_format(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    build = manifest.build_info
    stated, _, version = build.object_file_format.partition(":")
    wanted = _FORMATS.get(stated)
    numbered = re.fullmatch(r"\d+(\.\d+)*", version, re.ASCII) is not None
    if wanted is None or numbered is not (wanted is Kind.BITCODE):
        text = f"{build.object_file_format[:80]!r}, expected elf, mach-o, coff or llvm-bitcode:VERSION"
        yield found("measured.object-format", "build_info.object_file_format", text)
    listed = [*build.core.objs, *(path for group in build.extensions.values() for item in group for path in item.objs)]
    objects = {path: facts.files[path].kind for path in (*listed, build.inittab_object) if path in facts.files}
    objects |= {name: file.kind for name, file in facts.files.items() if _OBJECT.match(name)}
    other = min((path for path, kind in objects.items() if kind is not wanted), default=None)
    if wanted is not None and other is not None:
        seen = ", ".join(f"{count} {kind}" for kind, count in Counter(objects.values()).most_common())
        text = f"{stated}, but the objects are: {seen}, such as {shown(other)}, which is {objects[other]}"
        yield found("measured.object-format", "build_info.object_file_format", text)


def crt(facts: Facts, manifest: Manifest | Compact) -> Iterator[Finding]:
    """What a manifest, or a compact one, says of the C run time that its files do not need, or not alone."""
    features = manifest.crt_features
    program = _program(facts)
    yield from _systems(facts, manifest)
    if program is not None:
        for feature, holds in _linkage(program, facts).items():
            if holds is not None and holds is not (feature in features):
                text = f"{feature} is {'missing' if holds else 'stated'}, but the interpreter {_described(program)}"
                yield found("measured.crt", "crt_features", text)
    stated = next((item.removeprefix(_CAP) for item in features if item.startswith(_CAP)), None)
    greatest, file = _greatest(facts)
    limit = () if stated is None else glibc_version(f"GLIBC_{stated}")
    # What was left out of an installed tree may have needed more than the rest.
    wrong = greatest > limit if isinstance(manifest, Compact) else greatest != limit
    if stated is not None and wrong and any(_linked(facts)):
        measured = f"{dotted(greatest)}, by {file}" if greatest else "of no glibc symbol at all"
        yield found("measured.crt", "crt_features", f"{_CAP}{stated[:40]}, but the greatest need is {measured}")
    if stated is None and greatest:
        text = f"{_CAP}N is missing; the greatest need is {dotted(greatest)}, by {file}"
        yield found("measured.crt", "crt_features", text)


def _linked(facts: Facts) -> Iterator[tuple[str, ElfFacts]]:
    """All programs and shared libraries."""
    for name, file in facts.files.items():
        yield from ((name, elf) for _, elf in (file.binary.elf if file.binary else ()) if elf.linked)


def _greatest(facts: Facts) -> tuple[tuple[int, ...], str]:
    """The newest glibc that a file needs, and the file."""
    needs = [(glibc_version(version), name) for name, elf in _linked(facts) for version in elf.versions]
    return max(needs, default=((), ""))


def _floor(facts: Facts) -> Iterator[Finding]:
    if facts.record is None or facts.target is None:
        return
    greatest, file = _greatest(facts)
    where, stated = f"{RECORD}: glibc_floor", facts.record.glibc_floor
    floor = glibc_version(f"GLIBC_{stated}")
    if (stated is None) is (facts.target.libc is Libc.GNU):
        yield found("measured.glibc-floor", where, f"{'missing' if stated is None else 'stated'} for {facts.target}")
    elif stated is not None and not floor:
        yield found("measured.glibc-floor", where, f"{stated[:80]!r} is no version of glibc")
    elif stated is not None and greatest > floor:
        text = f"{stated}, but {file} needs glibc {dotted(greatest)}"
        yield found("measured.glibc-floor", where, text)


def _systems(facts: Facts, manifest: Manifest | Compact) -> Iterator[Finding]:
    file = facts.files.get(facts.resolve(manifest.python_exe))
    if file is None or file.kind not in (Kind.ELF, Kind.MACHO, Kind.PE):
        return
    words = {feature.partition(":")[0] for feature in manifest.crt_features}
    for word, kind in (("libSystem", Kind.MACHO), ("vcruntime", Kind.PE)):
        if (word in words) is not (file.kind is kind):
            text = f"{word} is {'stated' if word in words else 'missing'}, but the interpreter is {file.kind}"
            yield found("measured.crt", "crt_features", text)


def _linkage(program: ElfFacts, facts: Facts) -> dict[str, bool | None]:
    """Which words describe the linkage of the interpreter; None where the file cannot tell."""
    static = program.interp is None and not program.needed
    musl = facts.target is not None and facts.target.libc is Libc.MUSL
    glibc = any(name.startswith("libc.so.6") for name in program.needed)
    return {"static": static, "glibc-dynamic": glibc, "musl-dynamic": (not static and not glibc) if musl else None}


def _described(program: ElfFacts) -> str:
    if program.interp is None and not program.needed:
        return "needs no loader and no library"
    return f"needs {', '.join(program.needed)[:200] or program.interp}"


def _visibility(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    stated, where = manifest.python_symbol_visibility, "python_symbol_visibility"
    if stated not in ("global-default", "dllexport"):
        yield found("measured.visibility", where, f"{stated[:80]!r}, expected global-default or dllexport")
        return
    binaries = [facts.files[path].binary for path in manifest.build_info.core.objs if path in facts.files]
    names = [names for binary in binaries if binary is not None for names in binary.symbols]
    if names and stated == "dllexport":
        yield found("measured.visibility", where, "dllexport, which the format of the objects does not know")
    elif any(_API in item.hidden for item in names):
        yield found("measured.visibility", where, f"{stated}, but the core's objects hide {_API}")


def _init_functions(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    core = _defined(facts, manifest.build_info.core.objs)
    for name, variants in manifest.build_info.extensions.items():
        for index, item in enumerate(variants):
            defined = core if item.in_core else _defined(facts, item.objs) if item.objs else None
            if defined is not None and item.init_fn != "NULL" and item.init_fn not in defined:
                owner = "the core's objects" if item.in_core else "its objects"
                where = f"build_info.extensions.{name[:80]}[{index}].init_fn"
                yield found("measured.init-function", where, f"{item.init_fn[:80]!r} is not defined by {owner}")


def _defined(facts: Facts, objects: tuple[str, ...]) -> frozenset[str] | None:
    """What ELF and Mach-O objects define; None when an object is missing or of another format."""
    binaries = [facts.files[path].binary for path in objects if path in facts.files]
    good = [binary for binary in binaries if binary is not None and binary.fault is None and binary.symbols]
    if len(good) != len(objects) or not objects:
        return None
    return frozenset().union(*(names.defines for binary in good for names in binary.symbols))


def _without_comments(source: str) -> str:
    # No regular expression over both ends: a file of nothing but /* would take it quadratic time.
    first, *rest = re.sub(r"//[^\n]*", "", source).split("/*")
    return first + "".join(piece.partition("*/")[2] for piece in rest)


def _inittab(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    build = manifest.build_info
    source = facts.texts.get(build.inittab_source)
    if source is None:
        return
    table = dict(_INITTAB.findall(_without_comments(source)))
    listed = {
        name: variants[0].init_fn
        for name, variants in build.extensions.items()
        if variants and variants[0].shared_lib is None
    }
    for name in sorted(table.keys() | listed.keys()):
        where = f"build_info.extensions.{name[:80]}"
        if name not in listed:
            text = f"in {shown(build.inittab_source)}, but not in the manifest as built in"
            yield found("measured.inittab", where, text)
        elif name not in table:
            yield found("measured.inittab", where, f"built in, but not in {shown(build.inittab_source)}")
        elif table[name] != listed[name]:
            text = f"init_fn {listed[name][:80]}, but {table[name]} in {shown(build.inittab_source)}"
            yield found("measured.inittab", where, text)
