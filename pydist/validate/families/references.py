"""Rules about what the manifest points at, and about keys that say one thing in several ways (family `manifest`).

Invariant: that a path leads somewhere is `manifest.path`'s rule; here it is asked whether it is what it should be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.binary.kind import Kind
from pydist.manifest.model import LinkInfo, Manifest
from pydist.target import Libc, Os, Target
from pydist.validate.facts import Facts
from pydist.validate.families.paths import named_paths
from pydist.validate.places import Places
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_SHOWN = 5
_ROOTS = ("install", "build", "licenses")
_STATIC = (Kind.AR, Kind.MACHO)  # universal ones of Apple's systems begin like programs
_SHARED = (Kind.ELF, Kind.MACHO, Kind.PE)
_NAMES = {"builtins": "NULL", "sys": "NULL", "_warnings": "_PyWarnings_Init", "marshal": "PyMarshal_Init"}
_APART = ("build/Modules/_hacl/", "build/Modules/expat/", "build/Modules/_decimal/libmpdec/")  # CPython: own libraries
_TCL = re.compile(r"(tcl|tk)\d+\.\d+")
_TESTS = re.compile(r"(?:.*/)?(tests?|idle_test)")
_WORDS = {
    "glibc-dynamic": Libc.GNU, "glibc-max-symbol-version": Libc.GNU, "musl-dynamic": Libc.MUSL,
    "musl-version": Libc.MUSL, "vcruntime": Libc.MSVC, "libSystem": Libc.NONE,
}  # fmt: skip


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that the manifest points at and that is something else."""
    manifest = facts.manifest
    if manifest is None:
        return
    for place, path in named_paths(manifest):
        if path.partition("/")[0] not in _ROOTS:
            yield found("manifest.place", place, f"{shown(path)} is below none of {', '.join(_ROOTS)}")
    yield from _functions(manifest)
    yield from _variables(manifest, facts.target)
    yield from _abstract(manifest)
    if facts.target is not None:
        yield from _words(manifest, facts.target)
    if "freethreaded" in facts.words and manifest.python_major_minor_version in [f"3.{minor}" for minor in range(13)]:
        text = f"freethreaded, but {manifest.python_major_minor_version[:20]} cannot be; 3.13 was the first"
        yield found("abi.freethreaded", "build_options", text)
    if facts.damage is None:
        yield from _kinds(facts, manifest)
        yield from _folders(facts, manifest)
        yield from _tests(facts, manifest)
        yield from _members(facts, manifest)


def _functions(manifest: Manifest) -> Iterator[Finding]:
    for name, variants in manifest.build_info.extensions.items():
        expected = {f"PyInit_{name.rpartition('.')[2]}", _NAMES.get(name)}
        for index, item in enumerate(variants):
            if item.init_fn not in expected:
                where = f"build_info.extensions.{name[:80]}[{index}].init_fn"
                yield found("manifest.init-name", where, f"{item.init_fn[:80]!r}, expected PyInit_{name[:80]}")


def _variables(manifest: Manifest, target: Target | None) -> Iterator[Finding]:
    short = manifest.python_major_minor_version
    windows = target is not None and target.os is Os.WINDOWS
    suffix = (manifest.python_suffixes.get("extension") or ("",))[0]
    expected = {
        "VERSION": short.replace(".", "") if windows else short,
        "py_version": manifest.python_version,
        "py_version_short": short,
        "py_version_nodot": short.replace(".", ""),
        "EXT_SUFFIX": suffix,
    }
    for key, value in expected.items():
        stated = manifest.python_config_vars.get(key)
        if stated is not None and value and stated != value:
            yield found("manifest.variables", f"python_config_vars.{key}", f"{stated[:80]!r}, expected {value[:80]!r}")
    for key, good in (("source", ".py"), *((f"{kind}bytecode", ".pyc") for kind in ("", "debug_", "optimized_"))):
        suffixes = manifest.python_suffixes.get(key)
        if suffixes is not None and good not in suffixes:
            yield found("manifest.suffixes", f"python_suffixes.{key}", f"{', '.join(suffixes)[:80]!r} without {good}")


def _abstract(manifest: Manifest) -> Iterator[Finding]:
    """What the templates mean for a prefix that is `install`."""
    words = dict.fromkeys(("base", "platbase", "installed_base", "installed_platbase"), "install")
    short, abi = manifest.python_major_minor_version, manifest.python_abi_tag or ""
    words |= {"py_version_short": short, "py_version_nodot": short.replace(".", ""), "abiflags": abi}
    words |= {"abi_thread": "t" if "t" in abi else "", "platlibdir": "lib", "implementation_lower": "python"}
    for name, template in manifest.python_paths_abstract.items():
        made = re.sub(r"\{(\w+)\}", lambda match: words.get(match[1], match[0]), template[:1000])
        stated = manifest.python_paths.get(name)
        if stated is not None and "{" not in made and made.lower() != stated.rstrip("/").lower():
            where = f"python_paths_abstract.{name[:80]}"
            yield found("manifest.abstract", where, f"means {shown(made)}, but python_paths says {shown(stated)}")


def _words(manifest: Manifest, target: Target) -> Iterator[Finding]:
    for index, feature in enumerate(manifest.crt_features):
        libc = _WORDS.get(feature.partition(":")[0])
        if libc is not None and libc is not target.libc:
            yield found("manifest.crt-target", f"crt_features[{index}]", f"{feature[:80]!r} is not of {target}")


def _kinds(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    build = manifest.build_info
    parts = [("build_info.core", build.core.links)]
    for name, variants in build.extensions.items():
        for index, item in enumerate(variants):
            where = f"build_info.extensions.{name[:80]}[{index}]"
            parts.append((where, item.links))
            for number, path in enumerate(item.license_paths or ()):
                yield from _text(facts, f"{where}.license_paths[{number}]", path)
    for where, links in parts:
        for index, link in enumerate(links):
            yield from _link(facts, f"{where}.links[{index}]", link)
    if manifest.license_path is not None:
        yield from _text(facts, "license_path", manifest.license_path)


def _link(facts: Facts, where: str, link: LinkInfo) -> Iterator[Finding]:
    wanted = (("path_static", link.path_static, _STATIC), ("path_dynamic", link.path_dynamic, _SHARED))
    for key, path, kinds in wanted:
        file = facts.files.get(facts.resolve(path)) if path else None
        if file is not None and file.kind not in kinds:
            what = "a static library" if key == "path_static" else "a shared library"
            yield found(
                "manifest.library-kind", f"{where}.{key}", f"{shown(path or '')} is {file.kind}, expected {what}"
            )


def _text(facts: Facts, where: str, path: str) -> Iterator[Finding]:
    file = facts.files.get(facts.resolve(path))
    if file is not None and (file.size == 0 or file.kind not in (Kind.OTHER, Kind.SCRIPT)):
        text = f"{shown(path)} has {file.size:,} bytes and is {file.kind}, expected the text of a licence"
        yield found("manifest.license-text", where, text)


def _folders(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    """Folders have in them what their names promise."""
    packed = bool(Places.of(facts).packed)
    for name, file, good in (("stdlib", "os.py", packed), ("include", "Python.h", False)):
        folder = (manifest.python_paths.get(name) or "").rstrip("/")
        if folder in facts.folders and not good and not facts.exists(f"{folder}/{file}"):
            yield found("manifest.paths-content", f"python_paths.{name}", f"there is no {file} in {shown(folder)}")
    for index, path in enumerate(manifest.tcl_library_paths or ()):
        folder = facts.resolve(f"{manifest.tcl_library_path}/{path}")
        match = _TCL.fullmatch(path)
        file = "init.tcl" if match and match[1] == "tcl" else "tk.tcl"
        if match and folder in facts.folders and not facts.exists(f"{folder}/{file}"):
            yield found("manifest.tcl", f"tcl_library_paths[{index}]", f"there is no {file} in {shown(path)}")


def _tests(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    """Whoever leaves tests out does it by the list."""
    library = (manifest.python_paths.get("stdlib") or "").rstrip("/")
    stated = {f"{library}/{name.replace('.', '/')}" for name in manifest.python_stdlib_test_packages}
    named = set[str]()
    for folder in sorted(facts.folders):  # what is above a folder comes before it
        if folder in stated or folder.rpartition("/")[0] in named:
            named.add(folder)
        elif folder.startswith(f"{library}/") and "-packages/" not in folder and _TESTS.fullmatch(folder):
            text = f"{shown(folder)} is in none of the packages that are named"
            yield found("manifest.tests", "python_stdlib_test_packages", text)


def _members(facts: Facts, manifest: Manifest) -> Iterator[Finding]:
    build = manifest.build_info
    path = build.core.static_lib
    file = facts.files.get(facts.resolve(path)) if path else None
    if path is None or file is None or file.binary is None or not file.binary.names:
        return
    built = [item for variants in build.extensions.values() for item in variants[:1] if item.shared_lib is None]
    wanted = {*build.core.objs, *(name for item in built for name in item.objs)}
    there = set(file.binary.names)
    lost = sorted(name for name in wanted if name.rpartition("/")[2] not in there and not name.startswith(_APART))
    if lost:
        more = f" and {len(lost) - _SHOWN:,} more" if len(lost) > _SHOWN else ""
        text = f"{shown(path)} lacks {', '.join(map(shown, lost[:_SHOWN]))}{more}"
        yield found("manifest.libpython-members", "build_info.core.static_lib", text)
