"""Rules about packages that a distribution brings: wheels of ensurepip, installed packages, and their programs.

Source: PEP 376 and 627 (RECORD), entry points specification (console scripts), CPython's ensurepip module.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from pydist.archive.paths import shown
from pydist.validate.facts import Facts
from pydist.validate.licences import PYTHON, named
from pydist.validate.places import Places, joined
from pydist.validate.report import Finding, found
from pydist.validate.wheel import rows_of

__all__ = ["judge"]

_ROWS = 50_000  # of one RECORD
_SHOWN = 3
_LONGEST = 500  # characters of a line that are looked at
_VERSION = re.compile(r"^_(PIP|SETUPTOOLS)_VERSION *= *[\"']([\w.+]{1,40})[\"']", re.MULTILINE)
_IMPORT = re.compile(r"^from ([\w.]+) import \w+", re.MULTILINE)
_OUTSIDE = re.compile(r"(?:\.\./)+(?:bin|Scripts)/[^/]+", re.ASCII)
_VERSIONED = re.compile(r"\d\.\d+$", re.ASCII)
_SCRIPT = re.compile(r"([\w.-]+) *= *([\w.]+) *: *[\w.]+", re.ASCII)


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that pip, or a program in bin, would fail at; and licence texts that are not there."""
    for name, file in facts.files.items():
        if name.endswith(".whl") and file.content is not None and file.content.fault is not None:
            yield found("python.wheel", name, file.content.fault)
    if facts.damage is not None:
        return
    places = Places.of(facts)
    for name, text in facts.texts.items():
        if name.endswith("ensurepip/__init__.py"):
            yield from _bundled(facts, name, text)
        elif name.endswith(".dist-info/RECORD"):
            yield from _record(facts, name, text)
        elif name.endswith(".dist-info/entry_points.txt"):
            yield from _scripts(facts, places, name, text)
        elif name.startswith((f"{places.prefix}bin/", f"{places.prefix}Scripts/")):
            yield from _imports(facts, places, name, text)
    yield from _licences(facts)


def _bundled(facts: Facts, name: str, text: str) -> Iterator[Finding]:
    folder = f"{name.rpartition('/')[0]}/_bundled"
    if "_WHEEL_PKG_DIR" in text and folder not in facts.folders:
        return  # the wheels may come from a folder that was configured, as Linux systems do it
    for package, version in _VERSION.findall(text):
        wheel = f"{folder}/{package.lower()}-{version}-py3-none-any.whl"
        if wheel not in facts.files:
            yield found("python.wheel-missing", name, f"installs {shown(wheel.rpartition('/')[2])}, which is not there")


def _record(facts: Facts, name: str, text: str) -> Iterator[Finding]:
    base = name.rpartition("/")[0].rpartition("/")[0]
    missing: list[str] = []
    changed: list[str] = []
    scripts: list[str] = []
    for path, digest in islice(rows_of(text), _ROWS):
        place = joined(base, path)
        if path.endswith(".pyc") or place is None:
            continue  # bytecode is made anew where it is missing
        real = place if place in facts.files else facts.resolve(place)
        if real not in facts.files:
            missing.append(path)
        elif digest is not None and facts.files[real].sha256 != digest:
            (scripts if _OUTSIDE.match(path) else changed).append(path)
    rows = (
        ("package-record", missing, "not there"),
        ("package-record", changed, "not what it says"),
        ("script-record", scripts, "not what it says"),
    )
    for rule, paths, what in rows:
        if paths:
            more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
            yield found(f"python.{rule}", name, f"{', '.join(map(shown, paths[:_SHOWN]))}{more}: {what}")


def _scripts(facts: Facts, places: Places, name: str, text: str) -> Iterator[Finding]:
    """Programs that a package declares are there, and what they call is."""
    base = name.rpartition("/")[0].rpartition("/")[0]
    section = re.split(r"^\[", text, flags=re.MULTILINE)
    rows = next((part for part in section if part.startswith("console_scripts]")), "")
    lines = (line.strip() for line in rows.splitlines())
    for script, module in (match.groups() for line in lines if (match := _SCRIPT.match(line[:_LONGEST]))):
        windows = f"{places.prefix}python.exe" in facts.files
        program = f"{places.prefix}Scripts/{script}.exe" if windows else f"{places.prefix}bin/{script}"
        # pip's wheel declares a name with the version of the Python that built it; installers write their own.
        if not facts.exists(program) and not _VERSIONED.search(script):
            yield found("python.script-missing", name, f"declares {shown(script)}, but there is no {shown(program)}")
        if not _there(facts, base, module):
            yield found("python.script-target", name, f"{shown(script)} calls {shown(module)}, which is not there")


def _there(facts: Facts, folder: str, module: str) -> bool:
    path = f"{folder}/{module.replace('.', '/')}"
    return any(name in facts.files for name in (f"{path}.py", f"{path}/__init__.py"))


def _imports(facts: Facts, places: Places, name: str, text: str) -> Iterator[Finding]:
    """A script that pip wrote imports a module and calls it."""
    if places.library is None or "sys.exit(" not in text:
        return
    folders = [places.library, *(f"{places.library}/{kind}-packages" for kind in ("site", "dist"))]
    for module in _IMPORT.findall(text)[:_SHOWN]:
        if (
            not any(_there(facts, folder, module) for folder in folders)
            and f"{places.library}/site-packages" in facts.folders
        ):
            yield found("python.script-target", name, f"imports {shown(module)}, which is not there")


def _licences(facts: Facts) -> Iterator[Finding]:
    there = frozenset().union(*(file.content.licences for file in facts.files.values() if file.content is not None))
    inside: dict[str, str] = {}
    for name, file in facts.files.items():
        if "-packages/" in name or "/test" in name:
            continue
        library = named(name.rpartition("/")[2])
        for item in (*((library,) if library else ()), *(file.content.bundles if file.content else ())):
            inside.setdefault(item, name)
    for item, name in sorted(inside.items()):
        if item not in there:
            yield found("python.license-bundled", name, f"contains {item}, and no file is the text of its licence")
    if PYTHON not in there:
        yield found("python.license", "", "no file is the text of CPython's licence")
