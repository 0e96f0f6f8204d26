"""Rules about the ABI flags: t of free-threaded builds and d of debug builds, wherever they show."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydist.archive.paths import shown
from pydist.manifest.model import Manifest
from pydist.target import Os
from pydist.validate.expected import abi_flags
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_LIBPYTHON = re.compile(r"libpython(\d+\.\d+[a-z]*)(?:\.so.*|\.a|\.dylib)")


def judge(facts: Facts) -> Iterator[Finding]:
    """Every place that speaks of another ABI than `build_options`."""
    manifest = facts.manifest
    if manifest is None or facts.target is None or facts.target.os is Os.WINDOWS:
        return  # Windows has no flags in names but those of modules
    words, flags = manifest.build_options.split("+"), abi_flags(manifest)
    yield from _names(manifest, manifest.python_major_minor_version[:20], flags)
    yield from _variables(manifest, words, flags)
    yield from _suffixes(manifest)


def _names(manifest: Manifest, series: str, flags: str) -> Iterator[Finding]:
    expected = {
        "python_exe": (manifest.python_exe, f"python{series}{flags}"),
        "python_paths.include": (manifest.python_paths.get("include"), f"python{series}{flags}"),
        # A debug build shares the standard library, a free-threaded one has packages of its own.
        "python_paths.stdlib": (manifest.python_paths.get("stdlib"), f"python{series}{'t' if 't' in flags else ''}"),
    }
    for where, (path, name) in expected.items():
        if path is not None and path.rstrip("/").rpartition("/")[2] != name:
            yield found("abi.names", where, f"{shown(path)}, expected {name} at its end")
    core = manifest.build_info.core
    for where, path in (("static_lib", core.static_lib), ("shared_lib", core.shared_lib)):
        match = _LIBPYTHON.fullmatch((path or "").rpartition("/")[2])
        if path is not None and (match is None or match[1] != f"{series}{flags}"):
            yield found("abi.names", f"build_info.core.{where}", f"{shown(path)}, expected libpython{series}{flags}")


def _variables(manifest: Manifest, words: list[str], flags: str) -> Iterator[Finding]:
    variables = manifest.python_config_vars
    for name, word in (("Py_GIL_DISABLED", "freethreaded"), ("Py_DEBUG", "debug")):
        stated = variables.get(name, "0")
        if (stated not in ("", "0", "None")) is not (word in words):
            text = f"{stated[:80]!r}, but build_options {'has' if word in words else 'lacks'} {word}"
            yield found("abi.variables", f"python_config_vars.{name}", text)
    version = f"{manifest.python_major_minor_version}{flags}"
    tag = f"{manifest.python_implementation_cache_tag}{flags}"
    expected = {
        "ABIFLAGS": (flags, variables.get("ABIFLAGS") == flags),
        "SOABI": (f"{tag}-…", f"{variables.get('SOABI')}-".startswith(f"{tag}-")),
        "LDVERSION": (
            version := f"{manifest.python_major_minor_version}{flags}",
            variables.get("LDVERSION") == version,
        ),
    }
    for name, (value, good) in expected.items():
        if name in variables and not good:
            text = f"{variables[name][:80]!r}, expected {value[:80]!r}"
            yield found("abi.variables", f"python_config_vars.{name}", text)


def _suffixes(manifest: Manifest) -> Iterator[Finding]:
    suffixes, soabi = manifest.python_suffixes.get("extension", ()), manifest.python_config_vars.get("SOABI")
    if suffixes and soabi and suffixes[0] != f".{soabi}.so":
        text = f"{suffixes[0][:80]!r} is the first, expected '.{soabi[:80]}.so' as SOABI says"
        yield found("abi.suffixes", "python_suffixes.extension", text)
    known = frozenset(suffixes)
    for name, variants in manifest.build_info.extensions.items():
        module = name.rpartition(".")[2]
        for index, item in enumerate(variants):
            if item.shared_lib is None:
                continue
            file = item.shared_lib.rpartition("/")[2]
            if not file.startswith(module) or file.removeprefix(module) not in known:
                where = f"build_info.extensions.{name[:80]}[{index}].shared_lib"
                text = f"{shown(file)} cannot be found; expected the module's name and one of python_suffixes.extension"
                yield found("abi.suffixes", where, text)
