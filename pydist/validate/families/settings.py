"""Rules about what has to be true wherever a distribution is unpacked: settings, pkg-config, first lines, paths.

Invariant: a place that every system has, such as /bin/sh, is no fault; one that only the build machine had is.
Source: PEP 739 (build-details.json), PEP 668 (EXTERNALLY-MANAGED), CPython's sysconfig module.
"""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pydist.archive.paths import shown
from pydist.target import Arch, Os, Target
from pydist.validate.documents import settled
from pydist.validate.facts import Facts
from pydist.validate.places import Places, joined
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_SHOWN = 3
_DATA = re.compile(r"(?:.*/)?_sysconfigdata_([a-z]*)_(?:([a-z0-9]+)_)?([\w-]*)\.py", re.ASCII)
_DATA_FILES = 16  # that are parsed; a real distribution has up to four
_PROGRAMS = re.compile(r"(?:.*/)?(?:bin|Scripts)/[^/]+")
_INTERPRETERS = re.compile(r"/(?:usr/)?bin/(?:sh|bash|env|perl)")
_PLACES = (
    *("prefix", "exec_prefix", "BINDIR", "BINLIBDEST", "CONFINCLUDEDIR", "CONFINCLUDEPY", "DATADIR", "DESTLIB"),
    *("DESTSHARED", "INCLDIRSTOMAKE", "INCLUDEDIR", "INCLUDEPY", "LIBDEST", "LIBDIR", "LIBPC", "LIBPL", "MACHDESTLIB"),
    *("MANDIR", "SCRIPTDIR"),
)
_TOOLS = ["AR", "BLDSHARED", "CC", "CPP", "CXX", "LDCXXSHARED", "LDSHARED", "LINKCC", "MAINCC", "RANLIB"]
_GENERIC = frozenset(["ar", "c++", "cc", "cpp", "g++", "gcc", "gcc-ar", "gcc-ranlib", "ld", "nm", "ranlib", "strip"])
_APPLE = frozenset(["/usr/bin/ar", "/usr/bin/libtool", "clang", "clang++", "libtool", "xcrun"])
_OPTION = re.compile(
    r"(?:^|\s)(-I|-L|-B|-F|-isystem ?|-isysroot ?|--sysroot[= ]|-Wl,-rpath,|-f(?:instr-)?profile[\w-]*=|-f[\w-]+-map=)"
    r"(/[^\s\'\"]*)"
)
_SYSTEM = ("/usr/", "/System/", "/Library/", "/lib", "/opt/X11/")
_MACHINE = re.compile(
    r"(?<![\w.$}/@-])(/(?:build|builds|tmp|home|Users|private/var|var/folders|workspace|github|__w|root)/[\w.+@~-]+/[^\s\'\",:;)]*"
    r"|[A-Z]:\\\\?(?:Users|a|b|build|src)\\[^\s\'\",;)]*)"
)


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything that names a place, or that tools of others cannot use."""
    if facts.damage is None:
        yield from _variables(facts)
    for name, file in facts.files.items():
        content = file.content
        if content is None:
            continue
        if content.shebang is not None:
            yield from _first_line(name, content.shebang)
        if content.places:
            yield found("python.build-path", name, f"contains {', '.join(map(shown, content.places))}")
    for name, text in facts.texts.items():
        last = name.rpartition("/")[2]
        if last.endswith(".pc"):
            yield from _pkg_config(facts, name, text)
        elif last.startswith("build-details"):
            yield from _build_details(facts, name, text)
        elif last == "EXTERNALLY-MANAGED":
            yield from _managed(name, text)
        if "-packages/" not in name and not last.startswith("config.c"):
            start = text.find("\n") if text.startswith("#!") else 0  # the first line is another rule's
            seen = sorted({match[1] for match in _MACHINE.finditer(text, max(start, 0))})
            if seen:
                more = f" and {len(seen) - _SHOWN:,} more" if len(seen) > _SHOWN else ""
                yield found("python.build-path-text", name, f"names {', '.join(map(shown, seen[:_SHOWN]))}{more}")


def _first_line(name: str, line: str) -> Iterator[Finding]:
    if not _PROGRAMS.fullmatch(name):
        return
    program = line.split(maxsplit=1)[0] if line.strip() else ""
    if name.lower().endswith(".exe"):
        if re.match(r'"?([A-Za-z]:\\|/)', line):
            yield found("python.launcher", name, f"starts {shown(line)}, which is a place")
    elif not _INTERPRETERS.fullmatch(program):
        yield found("python.shebang", name, f"its first line is {shown('#!' + line)}")


def _variables(facts: Facts) -> Iterator[Finding]:
    target = facts.target
    matches = ((name, match) for name in facts.files if (match := _DATA.fullmatch(name)))
    named = dict(islice(matches, _DATA_FILES))
    if target is not None and target.os is not Os.WINDOWS and not named:
        places = Places.of(facts)
        if not any(name.startswith("_sysconfigdata") for name in places.modules(facts)):
            yield found("python.sysconfig-missing", places.library or "", "there is no _sysconfigdata module")
    for name, match in named.items():
        values = settled(facts.texts.get(name, ""))
        yield from _name(name, match, values, target)
        placed = [key for key in _PLACES if str(values.get(key, "")).startswith("/")]
        if placed:
            text = f"{placed[0]} is {shown(str(values[placed[0]]))}, and {len(placed) - 1} more are such places"
            yield found("python.sysconfig-place", name, text)
        generic = _GENERIC | (_APPLE if target is not None and target.os is Os.DARWIN else frozenset())
        for key in _TOOLS:
            words = str(values.get(key) or "").split()
            if words and words[0] not in generic:
                yield found("python.sysconfig-programs", name, f"{key} is {shown(words[0])}, which others do not have")
        foreign = {f"{option.strip()}{path}" for value in values.values() if isinstance(value, str)
                   for option, path in _OPTION.findall(value) if not path.startswith(_SYSTEM)}  # fmt: skip
        if foreign:
            text = f"options name {', '.join(map(shown, sorted(foreign)[:_SHOWN]))}"
            yield found("python.sysconfig-flags", name, text)


def _name(name: str, match: re.Match[str], values: Mapping[str, Any], target: Target | None) -> Iterator[Finding]:
    """The interpreter looks for the name that its flags, system and multiarch tuple make, and for no other."""
    flags, system, multiarch = match.groups()
    if "_".join(filter(None, (system, multiarch))) == values.get("MULTIARCH"):
        # Debian's sysconfig._get_sysconfigdata_name() leaves the system out.
        system, multiarch = values.get("MACHDEP"), values["MULTIARCH"]
    said = {"ABIFLAGS": flags, "MACHDEP": system or "", "MULTIARCH": multiarch}
    for key, here in said.items():
        stated = values.get(key)
        if isinstance(stated, str) and stated != here:
            yield found("python.sysconfig-name", name, f"the name says {here!r}, but {key} is {shown(stated)}")
    if target is None:
        return
    arch = {"arm": Arch.ARMV7, "i386": Arch.I686, "powerpc64le": Arch.PPC64LE}.get(multiarch.partition("-")[0])
    arch = arch or next((item for item in Arch if item == multiarch.partition("-")[0]), None)
    if system != target.os or (arch is not None and arch is not target.arch):
        text = f"is for {system or 'no system'} and {multiarch or 'no architecture'}, not {target}"
        yield found("python.sysconfig-name", name, text)


def _pkg_config(facts: Facts, name: str, text: str) -> Iterator[Finding]:
    words = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    fixed = [line.strip() for line in words if re.search(r"(?:[=\s]|-[IL])/(?!usr/(?:lib|include)\b)\w", line)]
    if fixed:
        yield found("python.pkg-config", name, f"{shown(fixed[0])} is a place; expected ${{pcfiledir}}/../..")
    match = re.fullmatch(r"(?:.*/)?python-(3\.\d+)\w*(?:-embed)?\.pc", name)
    version = next((line.partition(":")[2].strip() for line in words if line.startswith("Version:")), None)
    if match and version is not None and version != match[1]:
        yield found("python.pkg-config-version", name, f"Version is {shown(version)}, expected {match[1]}")


def _build_details(facts: Facts, name: str, text: str) -> Iterator[Finding]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield found("python.build-details", name, "is no JSON")
        return
    root = value.get("base_prefix") if isinstance(value, dict) else None
    if not isinstance(root, str):
        return
    if root.startswith("/") or ":" in root:
        yield found(
            "python.build-details", name, f"base_prefix is {shown(root)}, expected a way from where the file is"
        )
        return
    prefix = joined(name.rpartition("/")[0], root)
    for key, path in _named(value):
        place = None if prefix is None or path.startswith("/") else joined(prefix, path)
        if place is None or not facts.exists(place):
            yield found("python.build-details", name, f"{key} is {shown(path)}, which is not there")


def _named(value: dict[str, Any]) -> Iterator[tuple[str, str]]:
    rows = (("", "base_interpreter"), ("libpython", "dynamic"), ("libpython", "dynamic_stableabi"),
            ("libpython", "static"), ("c_api", "headers"), ("c_api", "pkgconfig_path"))  # fmt: skip
    for group, key in rows:
        holder = value.get(group) if group else value
        if isinstance(holder, dict) and isinstance(path := holder.get(key), str):
            yield f"{group}.{key}".lstrip("."), path


def _managed(name: str, text: str) -> Iterator[Finding]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(text)
        good = bool(parser.get("externally-managed", "Error", fallback=""))
    except configparser.Error:
        good = False
    if not good:
        yield found("python.externally-managed", name, "it has no [externally-managed] with an Error in it")
