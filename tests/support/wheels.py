"""Wheels made on the spot, right in every respect, for tests to damage in one place."""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Mapping
from pathlib import Path


def row(path: str, data: bytes) -> str:
    """A line of RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(data)}"


def members(
    name: str, version: str, files: Mapping[str, bytes], *, scripts: Mapping[str, str] | None = None, extra: str = ""
) -> dict[str, bytes]:
    """The files of a wheel, RECORD included; `extra` is added to METADATA."""
    info = f"{name}-{version}.dist-info"
    made = dict(files)
    made[f"{info}/METADATA"] = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{extra}".encode()
    made[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if scripts:
        lines = "".join(f"{key} = {value}\n" for key, value in scripts.items())
        made[f"{info}/entry_points.txt"] = f"[console_scripts]\n{lines}".encode()
    rows = [row(path, data) for path, data in made.items()]
    made[f"{info}/RECORD"] = "\n".join([*rows, f"{info}/RECORD,,", ""]).encode()
    return made


def write(folder: Path, name: str, version: str, content: Mapping[str, bytes], tag: str = "py3-none-any") -> Path:
    """Write `content` as it is to a wheel's file."""
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, data in content.items():
            archive.writestr(member, data)
    return path


def wheel(
    folder: Path, name: str, version: str, files: Mapping[str, bytes], *,
    scripts: Mapping[str, str] | None = None, extra: str = "",
) -> Path:  # fmt: skip
    """A right wheel."""
    return write(folder, name, version, members(name, version, files, scripts=scripts, extra=extra))
