"""What a box has of the machine that builds: the image of its containers, or the machine's own programs.

Invariant: it is told in the statement of provenance, which stands beside the archives, and in no key and no archive.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydist.build.tools import programs
from pydist.store import digest_file

__all__ = ["Image", "Program", "Surroundings", "programs_in"]

_PATIENCE = 10.0  # seconds that a program may take to tell its version
_LONGEST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """The image of a container box: its tag, and the SHA-256 in hex that the engine knows its content by."""

    tag: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program of the machine: SHA-256 in hex of its file, and what it says of its version, if anything."""

    sha256: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """A container box has an image, the host box has programs."""

    image: Image | None = None
    programs: Mapping[str, Program] = field(default_factory=dict)


def programs_in(path: str) -> dict[str, Program]:
    """Those that scripts may use, by name, as they stand in the folders of `path`; what is not there is left out."""
    found = {name: shutil.which(name, path=path) for name in programs()}
    return {
        name: Program(sha256=digest_file(Path(place)), version=_version(place, path))
        for name, place in sorted(found.items())
        if place
    }


def _version(program: str, path: str) -> str:
    """The first line with a number in what it answers to --version: `echo` may answer with the word itself."""
    try:
        done = subprocess.run(
            [program, "--version"], env={"PATH": path, "LC_ALL": "C"}, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, errors="replace", timeout=_PATIENCE, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = (line.strip() for line in done.stdout.splitlines() if any(letter.isdigit() for letter in line))
    return next(lines, "")[:_LONGEST] if done.returncode == 0 else ""
