"""The formats that indexes of distributions have: uv's download metadata, and the SHA256SUMS file of a release.

Invariant: whatever the bytes are, the answer is a `Listing` or an `InputError`; one wrong entry costs that entry only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from pydist.errors import InputError
from pydist.fetch.entry import Gathering, Listing
from pydist.manifest.convert import loads

__all__ = ["parse"]

_SUM = re.compile(r"([0-9a-fA-F]{64}) [ *]([^/\\]+)")


def parse(data: bytes, where: str, shown: str) -> Listing:
    """Read an index. `where` is its address, to which others are relative; messages name it as `shown`.

    Raises `InputError` for what is neither format, and for an index in which nothing is right.
    """
    gathering = Gathering(where)
    if data.lstrip()[:1] in (b"{", b"["):
        _metadata(data, gathering, shown)
    else:
        _sums(data, gathering, shown)
    return gathering.listing(shown)


def _metadata(data: bytes, gathering: Gathering, shown: str) -> None:
    """uv's `download-metadata.json`: an object of objects, of CPython and of others."""
    document = loads(data, shown)
    if not isinstance(document, dict):
        raise InputError(f"{shown}: expected an object with a key for each download, found a list")
    for key, value in document.items():
        if not isinstance(value, dict):
            gathering.leave_out(key, f"expected an object, found {value!r:.80}")
        elif value.get("name") == "cpython":
            try:
                version = _version(value)
            except InputError as error:
                gathering.leave_out(key, error.message)
            else:
                gathering.add(key, url=value.get("url"), sha256=value.get("sha256"), version=version)


def _version(value: Mapping[str, object]) -> str:
    numbers = [value.get(key) for key in ("major", "minor", "patch")]
    ending = value.get("prerelease", "")
    if not all(type(number) is int and 0 <= number < 1000 for number in numbers):
        raise InputError(f"major, minor, patch: expected three numbers, found {numbers!r:.80}")
    if not (isinstance(ending, str) and re.fullmatch(r"(?:(?:a|b|rc)[0-9]{1,3})?", ending)):
        raise InputError(f"prerelease: expected one like rc1 or nothing, found {ending!r:.80}")
    return ".".join(map(str, numbers)) + ending


def _sums(data: bytes, gathering: Gathering, shown: str) -> None:
    """What `sha256sum` writes: a digest, a space, a space or a star, and a name of the same folder."""
    try:
        lines = data.decode("utf-8").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{shown}: expected uv's download metadata or a SHA256SUMS file, found bytes") from None
    for number, line in enumerate(lines, 1):
        if found := _SUM.fullmatch(line):
            gathering.add(f"line {number}", url=quote(found[2]), sha256=found[1])
        elif line.strip():
            gathering.leave_out(f"line {number}", f"expected a SHA-256 and a file name, found {line!r:.120}")
