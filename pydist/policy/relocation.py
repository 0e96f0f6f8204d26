"""How an installed tree names its own place, so that it works wherever it is put.

What `pydist.build` does to the trees that it made and `pydist.repack` to those of others.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import pprint
import re
from collections.abc import Callable, Mapping
from typing import Any

__all__ = [
    "BESIDE_PKGCONFIG",
    "MARK",
    "PREFIX",
    "beside",
    "details_beside",
    "digest_and_size",
    "prefix_path",
    "record_of",
    "sysconfig_source",
]

MARK = "\0"
"""Stands for the prefix in the values that `sysconfig_source` is given."""
PREFIX = "/install"
"""Where distributions are built to be, as everywhere in the ecosystem."""
BESIDE_PKGCONFIG = "${pcfiledir}/../.."
"""The prefix as files in lib/pkgconfig name it."""

_SCRIPT = """\
#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/{python}" "$0" "$@"
' '''
"""


def prefix_path(prefix: str) -> re.Pattern[str]:
    """Finds `prefix` where it begins a path: with `/install`, `/usr/bin/install -c` is none."""
    return re.compile(rf"(?:(?<=-[IL])|(?<![\w./$}}{{)-])){re.escape(prefix)}(?=$|[/\s\"':;,)])", re.MULTILINE)


def sysconfig_source(values: Mapping[str, object]) -> str:
    """A `_sysconfigdata_*.py` whose `build_time_vars` follow `sys.base_prefix` where `values` have `MARK`.

    uv reads the first table of it when it installs a distribution, and writes the file anew without the rest: it wants
    exactly this first line, texts with no escapes but of quotes and backslashes, and words that begin with `PREFIX`,
    for which it puts the place (crates/uv-python/src/sysconfig, uv 0.13).
    """
    fixed = {key: _plain(value.replace(MARK, PREFIX)) if isinstance(value, str) else value
             for key, value in values.items()}  # fmt: skip
    exact = {key: value for key, value in values.items() if value != fixed[key]}
    return (
        "# system configuration generated and used by the sysconfig module\n"
        f"build_time_vars = {pprint.pformat(fixed, width=120)}\n"
        "\n"
        "# Paths follow the installation, in virtual environments too: NUL stands for its prefix below.\n"
        "import sys as _sys\n"
        f"_moving = {pprint.pformat(exact, width=120)}\n"
        "build_time_vars.update((_key, _text.replace('\\0', _sys.base_prefix)) for _key, _text in _moving.items())\n"
    )


def _plain(text: str) -> str:
    """`text` with spaces for what a literal would have to escape."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def beside(script: bytes, python: str) -> bytes:
    """`script`, whose first line names an interpreter, as one that starts the `python` in its own folder."""
    return _SCRIPT.format(python=python).encode() + script.partition(b"\n")[2]


def details_beside(details: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    """PEP 739: `base_prefix` may be relative to the file, everything else to `base_prefix`."""

    def relative(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: relative(item) for key, item in value.items()}
        if isinstance(value, str) and value.startswith(f"{prefix}/"):
            return value.removeprefix(f"{prefix}/")
        return value

    return {**relative(dict(details)), "base_prefix": "../.."}


def record_of(text: str, read: Callable[[str], bytes | None]) -> str:
    """A wheel's RECORD that lists what is there, as it is; `read` gives the content of a name in it, or None."""
    rows = []
    for row in csv.reader(io.StringIO(text, newline="")):
        content = read(row[0]) if row else None
        # The record itself has no digest in it.
        if content is not None:
            rows.append((row[0], *(digest_and_size(content) if len(row) > 1 and row[1] else ("", ""))))
    made = io.StringIO(newline="")
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()


def digest_and_size(data: bytes) -> tuple[str, str]:
    """As a wheel's RECORD writes them."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"sha256={digest}", str(len(data))
