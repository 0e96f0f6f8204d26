"""Indexes of a folder of archives, for others to fetch from: `SHA256SUMS`, and download metadata as uv reads it.

Invariant: what an index says of an archive is its name's and its bytes'; nothing is opened. Same folder, same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from pydist.errors import InputError
from pydist.policy.names import AssetName, Flavour
from pydist.progress import Reporter, Silent
from pydist.store import digest_file
from pydist.target import Os, Target

__all__ = ["METADATA", "SUMS", "Offer", "offer"]

METADATA, SUMS = "download-metadata.json", "SHA256SUMS"
_BESIDE = (".cdx.json", ".intoto.json")  # what `pydist build` writes beside its archives
_NUMBERS = re.compile(r"(\d+)\.(\d+)\.(\d+)((?:a|b|rc)\d+)?", re.ASCII)
_VARIANTS = ("freethreaded", "debug")
_FAMILIES = {"ppc64le": "powerpc64le"}  # as uv spells them
# Of several archives of one Python: what installing takes least for, and what is fastest.
_FLAVOURS = (Flavour.INSTALL_ONLY_STRIPPED, Flavour.INSTALL_ONLY, Flavour.FULL)
_OPTIMISED = ("", "pgo+lto", "pgo", "lto", "noopt")  # a name without options is that of a release's best


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The two files. `sums` and `metadata` name the archives that are in them, the latter by uv's keys; `left_out` says
    why others are not in `metadata`, or what is no archive."""

    sums: Mapping[str, str]
    metadata: Mapping[str, str]
    left_out: Mapping[str, str]
    files: Mapping[str, bytes]


def offer(folder: Path, url: str = "", reporter: Reporter | None = None) -> Offer:
    """What indexes of `folder` say, which will be found at `url`, the folder itself by default.

    Raises `InputError` where there is no archive, or an address is none.
    """
    teller = reporter or Silent()
    base = _base(folder, url)
    names, left_out = _named(folder)
    digests: dict[str, str] = {}
    teller.step("read", str(folder))
    for number, (file, _) in enumerate(names, 1):
        digests[file] = digest_file(folder / file)
        teller.advance("read", number, len(names))
    teller.finish("read", f"{len(names):,} archives")
    chosen, why = _chosen(names)
    rows = {key: _row(name, base + quote(file), digests[file]) for key, (file, name) in sorted(chosen.items())}
    lines = "".join(f"{digest}  {file}\n" for file, digest in sorted(digests.items()))
    return Offer(
        sums=digests,
        metadata={key: file for key, (file, _) in sorted(chosen.items())},
        left_out=dict(sorted({**left_out, **why}.items())),
        files={SUMS: lines.encode(), METADATA: (json.dumps(rows, indent=2) + "\n").encode()},
    )


def _base(folder: Path, url: str) -> str:
    if not url:
        return f"{folder.absolute().as_uri()}/"
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", "file") or parts.query or parts.fragment:
        raise InputError(f"{url}: expected the address of a folder, such as https://example.org/pythons/")
    return f"{url.rstrip('/')}/"


def _named(folder: Path) -> tuple[list[tuple[str, AssetName]], dict[str, str]]:
    try:
        files = sorted(path.name for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise InputError(f"{folder}: cannot be read: {error.strerror}; expected a folder of archives") from error
    found, left_out = list[tuple[str, AssetName]](), dict[str, str]()
    for file in files:
        try:
            found.append((file, AssetName.parse(file)))
        except InputError:
            if file not in (METADATA, SUMS) and not file.endswith(_BESIDE):
                left_out[file] = "not the name of an archive"
    if not found:
        raise InputError(f"{folder}: no archive in it; expected names like "
                         "cpython-3.14.7+20260101-x86_64-unknown-linux-gnu-install_only.tar.gz")  # fmt: skip
    return found, left_out


def _chosen(names: Sequence[tuple[str, AssetName]]) -> tuple[dict[str, tuple[str, AssetName]], dict[str, str]]:
    """One archive for each key, and why the others are none."""
    best: dict[str, tuple[str, AssetName]] = {}
    left_out: dict[str, str] = {}
    for file, name in names:
        key = _key(name)
        if key is None:
            left_out[file] = _why_not(name)
            continue
        other = best.get(key)
        if other is None or _rank(name) > _rank(other[1]):
            best[key] = (file, name)
    for file, name in names:
        key = _key(name)
        if key is not None and best[key][0] != file:
            left_out[file] = f"{best[key][0]} comes before it"
    return best, left_out


def _key(name: AssetName) -> str | None:
    """What uv calls this Python; None for what it can do nothing with."""
    target = name.target
    if target is None or _why_not(name):
        return None
    variant = "".join(f"+{word}" for word in _VARIANTS if word in name.options)
    system, arch, libc = _platform(target)
    return f"cpython-{name.version}{variant}-{system}-{arch}-{libc}"


def _why_not(name: AssetName) -> str:
    if name.version is None or not _NUMBERS.fullmatch(name.version) or name.target is None:
        return "no release of CPython"
    if "static" in name.options:
        return "uv asks a Python for its C library, and a static one has none"
    if name.content not in _FLAVOURS:
        return "less than uv makes environments with"
    return ""


def _platform(target: Target) -> tuple[str, str, str]:
    cpu, rest = target.triple.partition("-")[::2]
    libc = rest.rpartition("-")[2] if target.os is Os.LINUX else "none"
    return target.os, _FAMILIES.get(cpu, cpu), libc


def _rank(name: AssetName) -> tuple[str, int, int, str]:
    """The newest build first; of that the smallest, then the fastest."""
    options = "+".join(word for word in name.options if word not in _VARIANTS)
    speed = _OPTIMISED.index(options) if options in _OPTIMISED else len(_OPTIMISED)
    flavour = _FLAVOURS.index(name.content) if name.content in _FLAVOURS else len(_FLAVOURS)
    return name.build, -flavour, -speed, str(name)


def _row(name: AssetName, url: str, digest: str) -> dict[str, Any]:
    """As in uv's own crates/uv-python/download-metadata.json."""
    numbers = _NUMBERS.fullmatch(name.version or "")
    if numbers is None or name.target is None:
        raise AssertionError(f"{name} was let through")
    system, arch, libc = _platform(name.target)
    family, level = (arch[:-3], arch[-2:]) if name.target.level > 1 else (arch, None)
    return {
        "name": "cpython",
        "arch": {"family": family, "variant": level},
        "os": system,
        "libc": libc,
        "major": int(numbers[1]),
        "minor": int(numbers[2]),
        "patch": int(numbers[3]),
        "prerelease": numbers[4] or "",
        "url": url,
        "sha256": digest,
        "variant": "+".join(word for word in _VARIANTS if word in name.options) or None,
        "build": name.build or None,
    }
