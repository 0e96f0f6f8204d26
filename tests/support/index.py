"""Small indexes of distributions, in the forms that exist, with archives to go with them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import lzma
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydist.policy.names import AssetName

__all__ = ["PUBLISHED", "address", "archive", "metadata", "metadata_row", "sums"]

# The file names of all addresses of CPython in the `download-metadata.json` of uv (github.com/astral-sh/uv,
# crates/uv-python) of August 2026: what python-build-standalone and Pyodide had published until then.
_PUBLISHED = Path(__file__).with_name("published-names.txt.xz")
PUBLISHED = tuple(lzma.decompress(_PUBLISHED.read_bytes()).decode("ascii").splitlines())
"""The name of every archive that the ecosystem's index had."""


def archive(text: str = "print(1)\n") -> bytes:
    """A gzip-compressed tar file with one member, `python/bin/python3`."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        member = tarfile.TarInfo("python/bin/python3")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(whole.getvalue(), mtime=0)


def metadata_row(url: str, sha256: str | None, /, **changes: Any) -> dict[str, Any]:
    """What uv's metadata says of the archive at `url`, with `changes`."""
    name = AssetName.parse(url.rpartition("/")[2].replace("%2B", "+"))
    numbers, _, _ = (name.version or "3.13.2").partition("+")
    major, minor, rest = numbers.split(".")
    patch = rest.rstrip("0123456789").rstrip("abrc") or rest
    row = {
        "name": "cpython",
        "arch": {"family": name.platform.partition("-")[0], "variant": None},
        "os": "linux",
        "libc": "gnu",
        "major": int(major),
        "minor": int(minor),
        "patch": int(patch),
        "prerelease": rest.removeprefix(patch),
        "url": url,
        "sha256": sha256,
        "variant": None,
        "build": name.build,
    }
    return {**row, **changes}


def metadata(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """uv's `download-metadata.json` with these rows."""
    return json.dumps({f"key-{number}": row for number, row in enumerate(rows)}).encode()


def sums(files: Mapping[str, bytes]) -> bytes:
    """What `sha256sum` says of `files`."""
    return "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items()).encode()


def address(root: str, name: str) -> str:
    """The URL of the file `name` in the folder at `root`, spelled as uv's metadata does."""
    return f"{root}/{quote(name)}"
