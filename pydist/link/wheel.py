"""A wheel read whole: its files where an installer would put them, its metadata, its entry points.

Source: "Binary distribution format" of the packaging specifications. Invariant: a `Wheel` was listed and digested by
its RECORD, its paths are safe and distinct, and it holds no native code (`native` names what it holds otherwise).
"""

from __future__ import annotations

import configparser
import email.parser
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.paths import name_fault, shown
from pydist.binary.elf import ElfFile, Type
from pydist.errors import FaultCollector, InputError
from pydist.link.app import normalise
from pydist.link.licences import stated
from pydist.link.record import Record

__all__ = ["Metadata", "Wheel", "WheelFile", "is_native", "is_object", "read_wheel"]

_LARGEST_WHEEL = 2 << 30  # bytes unpacked; the biggest wheels of the registry are below one GiB
_MOST_FILES = 100_000
_NATIVE = re.compile(r"\.(?:pyd|dylib|so(?:\.\d+)*)$", re.IGNORECASE)
_ZIP_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelFile:
    """One file at its place in an installation: `scheme` is purelib, platlib, data, scripts or headers."""

    scheme: str
    path: str
    data: bytes
    executable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a package says about itself. `name` as written; `license` is an SPDX expression where it gives one,
    else the old free text or classifiers; `scripts` maps command names to `module:attribute`."""

    name: str
    version: str
    license: str
    summary: str
    scripts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wheel:
    """A wheel's files and metadata. `info` is the name of its .dist-info folder."""

    info: str
    metadata: Metadata
    files: tuple[WheelFile, ...]

    @property
    def native(self) -> tuple[WheelFile, ...]:
        """Files that are named like shared objects."""
        return tuple(file for file in self.files if is_native(file.path))


def is_native(path: str) -> bool:
    """Whether a file of this name is a shared object.

    >>> is_native("numpy/core/_multiarray.cpython-314-x86_64-linux-musl.so"), is_native("x/also.py")
    (True, False)
    """
    return bool(_NATIVE.search(path))


def is_object(data: bytes) -> bool:
    """Whether bytes are a relocatable object, which can be linked: what is built for static applications."""
    try:
        return ElfFile.parse(data).type == Type.REL
    except InputError:
        return False


def read_wheel(path: Path) -> Wheel:
    """Read and check a wheel. Raises `InputError` with all faults; nothing in a wheel is executed."""
    faults = FaultCollector(path.name)
    try:
        with zipfile.ZipFile(path) as archive:
            files, executables = _unpack(archive, faults)
    except _ZIP_ERRORS as error:
        raise InputError(f"{path.name} is not a wheel that can be read: {error}") from None
    faults.raise_if_any("the wheel cannot be used")
    info = _info_folder(files, path.name)
    Record.parse(_text(files, f"{info}/RECORD", path.name), f"{info}/RECORD", faults).check(files, faults)
    wheel_file = _text(files, f"{info}/WHEEL", path.name)
    if not re.search(r"^Wheel-Version:\s*1\.", wheel_file, re.MULTILINE):
        faults.add(f"{info}/WHEEL", "expected Wheel-Version 1.x")
    metadata = _metadata(files, info, path.name)
    placed = _place(files, executables, info)
    _check_distinct(placed, faults)
    faults.raise_if_any("the wheel cannot be used")
    return Wheel(info=info, metadata=metadata, files=placed)


def _unpack(archive: zipfile.ZipFile, faults: FaultCollector) -> tuple[dict[str, bytes], frozenset[str]]:
    members = [member for member in archive.infolist() if not member.is_dir()]
    total = sum(member.file_size for member in members)
    if len(members) > _MOST_FILES or total > _LARGEST_WHEEL:
        raise InputError(f"{faults.source}: {len(members)} files of {total} bytes: more than a wheel may have")
    files: dict[str, bytes] = {}
    executables = set()
    for member in members:
        name = member.filename
        if fault := name_fault(name):
            faults.add(shown(name), f"the name {fault}")
        elif name in files:
            faults.add(name, "is in the wheel twice")
        else:
            with archive.open(member) as stream:
                files[name] = stream.read(member.file_size + 1)
            if member.external_attr >> 16 & 0o111:
                executables.add(name)
    return files, frozenset(executables)


def _info_folder(files: Mapping[str, bytes], name: str) -> str:
    folders = {path.split("/", 1)[0] for path in files if path.count("/") == 1 and path.endswith(".dist-info/WHEEL")}
    if len(folders) != 1:
        raise InputError(f"{name}: expected one .dist-info folder with a WHEEL file, found {len(folders)}")
    return folders.pop()


def _text(files: Mapping[str, bytes], path: str, name: str) -> str:
    try:
        return files[path].decode("utf-8")
    except KeyError:
        raise InputError(f"{name}: {path} is missing") from None
    except UnicodeDecodeError:
        raise InputError(f"{name}: {path} is not UTF-8") from None


def _metadata(files: Mapping[str, bytes], info: str, name: str) -> Metadata:
    fields = email.parser.HeaderParser().parsestr(_text(files, f"{info}/METADATA", name))
    package, version = str(fields.get("Name", "")), str(fields.get("Version", ""))
    if not package or not version:
        raise InputError(f"{name}: {info}/METADATA: Name or Version is missing")
    if normalise(package) != normalise(info.removesuffix(".dist-info").rpartition("-")[0]):
        raise InputError(f"{name}: {info}/METADATA names {package!r}: the folder is another package's")
    classifiers = [str(item) for item in fields.get_all("Classifier", []) if str(item).startswith("License ::")]
    licence = stated(str(fields.get("License-Expression", "")), str(fields.get("License", "")), classifiers)
    return Metadata(
        name=package, version=version, license=licence,
        summary=str(fields.get("Summary", "")), scripts=_scripts(files, info, name),
    )  # fmt: skip


def _scripts(files: Mapping[str, bytes], info: str, name: str) -> dict[str, str]:
    path = f"{info}/entry_points.txt"
    if path not in files:
        return {}
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(_text(files, path, name))
    except configparser.Error as error:
        raise InputError(f"{name}: {path}: {str(error).splitlines()[0]}") from None
    groups = [group for group in ("gui_scripts", "console_scripts") if parser.has_section(group)]
    # An extra behind the reference (`main:run [extra]`) is allowed and says nothing about the call.
    return {key: value.partition("[")[0].strip() for group in groups for key, value in parser.items(group)}


def _place(files: Mapping[str, bytes], executables: frozenset[str], info: str) -> tuple[WheelFile, ...]:
    """Apply the `.data` folder: its first level names the scheme that the rest is installed to."""
    data_folder = f"{info.removesuffix('.dist-info')}.data/"
    placed = []
    for path in sorted(files):
        scheme, place = "purelib", path
        if path.startswith(data_folder):
            scheme, _, place = path.removeprefix(data_folder).partition("/")
        placed.append(WheelFile(scheme=scheme, path=place, data=files[path], executable=path in executables))
    return tuple(placed)


def _check_distinct(files: tuple[WheelFile, ...], faults: FaultCollector) -> None:
    known = {"purelib", "platlib", "data", "scripts", "headers"}
    seen: dict[tuple[str, str], str] = {}
    for file in files:
        if file.scheme not in known or not file.path:
            faults.add(file.path or file.scheme, f"the .data folder has no scheme {file.scheme!r}")
        scheme = "lib" if file.scheme in ("purelib", "platlib") else file.scheme
        key = (scheme, file.path.lower())
        if key not in seen:
            seen[key] = file.path
        elif seen[key] == file.path:
            faults.add(file.path, "two files of the wheel would be installed at one place")
        else:
            # They would be one file on other systems: a mistake or a trick.
            faults.add(file.path, f"differs from {seen[key]} in upper and lower case only")
