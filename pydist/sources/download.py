"""One file from one URL, verified: resumed when it broke off, tried again when the server stumbled.

Invariant: a file appears under its name only after its size and SHA-256 were compared; until then it is `*.part`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import requests

from pydist.errors import InputError

__all__ = ["DownloadFailed", "WrongBytes", "download", "keep", "verify"]

_TRIES = 4
_CHUNK = 1 << 18
_TIMEOUT = (10, 60)  # seconds to connect, seconds between bytes
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class DownloadFailed(InputError):
    """A place did not give the file; another one may."""


class WrongBytes(InputError):
    """A place gave a file that is not the expected one."""


def download(
    url: str, path: Path, *, sha256: str, size: int, advance: Callable[[int], None] = lambda done: None
) -> None:
    """Fetch `url` to `path`. `size` in bytes, `sha256` in hex; `advance` hears how many bytes are there.

    Raises `WrongBytes` when what arrives is something else, `DownloadFailed` when nothing arrives.
    """
    part = path.with_name(path.name + ".part")
    wait = 0.5
    for attempt in range(1, _TRIES + 1):
        try:
            _receive(url, part, size, advance)
            break
        except requests.RequestException as error:
            if attempt == _TRIES or not _may_pass(error):
                raise DownloadFailed(f"{url}: {_reason(error)}") from error
            time.sleep(wait)
            wait *= 2
    try:
        verify(part, sha256=sha256, size=size, where=url)
    except WrongBytes:
        part.unlink()
        raise
    _publish(part, path)


def keep(source: Path, path: Path, *, sha256: str, size: int) -> None:
    """Copy the local file `source` to `path`; what is compared is the copy. Raises `WrongBytes`."""
    part = path.with_name(path.name + ".part")
    shutil.copyfile(source, part)
    try:
        verify(part, sha256=sha256, size=size, where=str(source))
    except WrongBytes:
        part.unlink()
        raise
    _publish(part, path)


def verify(path: Path, *, sha256: str, size: int, where: str) -> None:
    """Compare a file with what is expected of it. Raises `WrongBytes` that names both."""
    found = path.stat().st_size
    if found != size:
        raise WrongBytes(f"{where}: expected {size} bytes, found {found}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != sha256:
        raise WrongBytes(f"{where}: expected SHA-256 {sha256}, found {digest}")


def _publish(part: Path, path: Path) -> None:
    # On the disk before it has the name: after a power failure the name must not stand for nothing.
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(path)


def _receive(url: str, part: Path, size: int, advance: Callable[[int], None]) -> None:
    start = part.stat().st_size if part.exists() else 0
    if start >= size:
        # Complete or too long: complete ones are verified by the caller, the others begin anew.
        if start == size:
            return
        part.unlink()
        start = 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
    with requests.get(url, headers=headers, stream=True, timeout=_TIMEOUT) as answer:
        answer.raise_for_status()
        resumed = answer.status_code == requests.codes.partial_content and start > 0
        done = start if resumed else 0
        with part.open("ab" if resumed else "wb") as file:
            for chunk in answer.iter_content(_CHUNK):
                done += len(chunk)
                if done > size:
                    break  # longer than it may be: `verify` will say so, and a flood ends here
                file.write(chunk)
                advance(done)
            else:
                if done < size:
                    raise requests.ConnectionError(f"ended after {done} of {size} bytes")
            if done > size:
                file.write(chunk)


def _may_pass(error: requests.RequestException) -> bool:
    if error.response is not None:
        return error.response.status_code in _TRANSIENT
    # A name that does not resolve or a refused connection answers the same a second later.
    text = str(error)
    return not ("NameResolutionError" in text or "Connection refused" in text)


def _reason(error: requests.RequestException) -> str:
    if error.response is not None:
        return f"the server answered {error.response.status_code}"
    if "NameResolutionError" in str(error):
        return "the host name does not resolve"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return str(error)
