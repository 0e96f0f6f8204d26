"""Rules about what is loaded at run time: a shared libpython, and extension modules that are shared libraries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydist.archive.paths import shown
from pydist.binary.kind import Kind
from pydist.manifest.model import Manifest
from pydist.validate.binary_facts import BinaryFacts
from pydist.validate.expected import bundled, is_libpython, public_api
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_SHOWN = 3
_LOADINGS = ("builtin", "shared-library")
_STABLE = "libpython3.so"  # has nothing of its own: it stands for the libpython of whatever minor version


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that would fail, or meet the wrong symbols, when it is loaded."""
    manifest = facts.manifest
    if manifest is None or facts.damage is not None:
        return
    yield from _loading(facts, manifest)
    yield from _independent(facts)
    path = manifest.build_info.core.shared_lib
    library = facts.linked_file(path)
    if path is not None and library is not None and library.elf[0][1].soname != path.rpartition("/")[2]:
        seen = library.elf[0][1].soname
        yield found("shared.soname", path, f"its SONAME is {'missing' if seen is None else shown(seen)}")
    modules = dict(_modules(facts, manifest))
    hosts = dict(_hosts(facts, manifest, path, library))
    yield from _api(facts, manifest, hosts)
    yield from _bundled(facts, manifest, {**hosts, **{place: binary for place, (_, binary) in modules.items()}})
    for place, (init_fn, binary) in modules.items():
        yield from _module(place, init_fn, binary, hosts)
    yield from _unlisted(facts, {*modules, *_others(facts, manifest)})


def _loading(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    where, stated = "python_extension_module_loading", manifest.python_extension_module_loading
    for word in stated:
        if word not in _LOADINGS:
            yield found("shared.loading", where, f"{word[:80]!r}, expected {' or '.join(_LOADINGS)}")
    shared = "shared-library" in stated
    suffixes = bool(manifest.python_suffixes.get("extension"))
    if shared and facts.static:
        yield found("shared.loading", where, "shared-library, but a static program can load none")
    elif shared is not suffixes:
        text = f"shared-library is {'stated' if shared else 'missing'}, but python_suffixes.extension is "
        yield found("shared.loading", where, text + ("not empty" if suffixes else "empty"))


def _independent(facts: Facts) -> Iterator[Finding]:
    interpreter = facts.resolve(facts.interpreter or "")
    needed = facts.program.elf[0][1].needed if facts.program is not None else ()
    if outside := [library for library in needed if is_libpython(library)]:
        # There is one run time then, and whatever else needs libpython gets the same.
        yield found("shared.interpreter", interpreter, f"needs {shown(outside[0])}")
        return
    for name, file in facts.files.items():
        elf = file.binary.elf if file.binary is not None and file.binary.dynamic is not None else ()
        for library in (item for _, facts_ in elf for item in facts_.needed if is_libpython(item)):
            if name.rpartition("/")[2] != _STABLE:
                yield found("shared.independent", name, f"needs {shown(library)}")


def _modules(facts: Facts, manifest: Manifest) -> Iterator[tuple[str, tuple[str, BinaryFacts]]]:
    for variants in manifest.build_info.extensions.values():
        for item in variants:
            binary = facts.linked_file(item.shared_lib)
            if item.shared_lib is not None and binary is not None:
                yield facts.resolve(item.shared_lib), (item.init_fn, binary)


def _others(facts: Facts, manifest: Manifest) -> Iterator[str]:
    """Modules of the manifest that are no ELF files, but can be loaded."""
    for variants in manifest.build_info.extensions.values():
        for path in (facts.resolve(item.shared_lib) for item in variants if item.shared_lib):
            binary = facts.files[path].binary if path in facts.files else None
            if binary is not None and any(macho.linked for _, macho in binary.macho):
                yield path


def _hosts(
    facts: Facts, manifest: Manifest, path: str | None, library: BinaryFacts | None
) -> Iterator[tuple[str, BinaryFacts]]:
    """What modules find the C API in: an interpreter that can load any, and a libpython that programs embed."""
    program = facts.program
    loads = not facts.static and "shared-library" in manifest.python_extension_module_loading
    if loads and program is not None and not any(map(is_libpython, program.elf[0][1].needed)):
        yield manifest.python_exe, program
    if path is not None and library is not None:
        yield path, library


def _api(facts: Facts, manifest: Manifest, hosts: dict[str, BinaryFacts]) -> Iterator[Finding]:
    wanted = set(public_api())
    if hosts:
        wanted |= {name for name in _defined(facts, manifest.build_info.core.objs) if name.startswith(("Py", "_Py"))}
        wanted -= {name for name in wanted if name.startswith("PyInit_")}
    for name, binary in hosts.items():
        if binary.dynamic is not None and (lacking := wanted - binary.dynamic.exports):
            yield found("shared.api", name, f"does not export {_listed(lacking)} of the C API")


def _bundled(facts: Facts, manifest: Manifest, files: dict[str, BinaryFacts]) -> Iterator[Finding]:
    known, own = dict(bundled()), set[str]()
    if files:
        parts = [item for group in manifest.build_info.extensions.values() for item in group]
        own = _defined(facts, [*manifest.build_info.core.objs, *(path for item in parts for path in item.objs)])
        for path, file in facts.files.items():
            if file.kind is Kind.AR and path.startswith("build/lib/"):
                for name in _defined(facts, [path]):
                    known.setdefault(name, path.rpartition("/")[2])
    for place, binary in files.items():
        exports = binary.dynamic.exports if binary.dynamic is not None else frozenset()
        shown_names = {name for name in exports & known.keys() if name not in own}
        if shown_names:
            libraries = ", ".join(sorted({known[name] for name in shown_names})[:_SHOWN])
            yield found("shared.bundled", place, f"exports {_listed(shown_names)} of {libraries}")


def _module(place: str, init_fn: str, binary: BinaryFacts, hosts: dict[str, BinaryFacts]) -> Iterator[Finding]:
    if binary.dynamic is None:
        return
    if init_fn not in binary.dynamic.exports:
        yield found("shared.module", place, f"does not export {shown(init_fn)}")
    wanted = {name for name in binary.dynamic.needs if name.startswith(("Py", "_Py"))}
    for name, host in hosts.items():
        if host.dynamic is not None and (lacking := wanted - host.dynamic.exports):
            yield found("shared.module", place, f"needs {_listed(lacking)}, which {shown(name)} does not export")


def _unlisted(facts: Facts, modules: Iterable[str]) -> Iterator[Finding]:
    for name in sorted(facts.files.keys() - set(modules)):
        if "/lib-dynload/" in name and name.endswith(".so"):
            yield found("shared.module", name, "is no extension module of the manifest, or not a shared library")


def _defined(facts: Facts, paths: Iterable[str]) -> set[str]:
    """What objects and static libraries define for files other than the one they are linked into."""
    binaries = [facts.files[path].binary for path in set(paths) if path in facts.files]
    names = [names for binary in binaries if binary is not None for names in binary.symbols]
    return set().union(*(item.defines - item.hidden for item in names))


def _listed(names: Iterable[str]) -> str:
    ordered = sorted(names)
    more = f" and {len(ordered) - _SHOWN:,} more symbols" if len(ordered) > _SHOWN else ""
    return ", ".join(shown(name) for name in ordered[:_SHOWN]) + more
