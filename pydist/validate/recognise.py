"""Whether what was read is a Python at all: a whole one, or what is left of one.

Invariant: an archive that is damaged is taken for one, because nobody knows what stands behind the damage; one name
that only Pythons have is enough for everything else.
"""

from __future__ import annotations

import re
from pathlib import Path

from pydist.archive.deb import MAGIC as DEB_MAGIC
from pydist.archive.paths import shown
from pydist.archive.zip import MAGICS as ZIP_MAGICS
from pydist.binary.kind import HEAD_SIZE, Kind, kind_of, program_words
from pydist.errors import InputError
from pydist.validate.facts import Facts
from pydist.validate.inputs import Form

__all__ = ["expect_python"]

_SIGN = re.compile(
    r"(?P<above>.*?/)??(?:install/)?(?:PYTHON\.json|share/PYTHON\.json|build/pydist\.json|bin/python(?:3(?:\.\d{1,2})?t?d?)?|"
    r"python[\d.]*t?w?(?:_d)?\.exe|python3\d{0,2}t?(?:_d)?\.(?:dll|zip)|lib(?:64)?/python3\.\d{1,2}t?/.+|"
    r"lib/python3\d{1,2}t?\.zip|Lib/(?:os|site|abc)\.pyc?|include/python3\.\d{1,2}[a-z]*/.+|"
    r"(?:lib(?:64)?/)?libpython3[.\d]*[a-z]*\.(?:a|so[.\d]*|dylib))",
    re.ASCII | re.DOTALL,
)
_WHEEL = re.compile(r"[^/]+\.dist-info/WHEEL")
_LOOKED_FOR = "PYTHON.json, bin/python3, python.exe, lib/python3.*/ or Lib/os.py"
_EXPECTED = "expected an archive of a Python, the folder that holds python/, or the prefix of an installed Python"
_ARCHIVES = frozenset({Kind.GZIP, Kind.ZSTD, Kind.XZ, Kind.TAR})


def expect_python(facts: Facts) -> None:
    """Raise `InputError` when nothing in `facts` is a sign of Python, or all of it is a wheel; it says what was looked
    for, and where."""
    if facts.form is Form.MANIFEST:
        return
    head = _head(facts.where) if facts.packed else b""
    if facts.damage is not None and facts.packed and (facts.entries or _is_archive(head)):
        return
    signs = (match for entry in facts.entries if (match := _SIGN.fullmatch(entry.path.removeprefix("./"))))
    sign = min(signs, key=lambda match: len(match["above"] or ""), default=None)
    if facts.packed and any(_WHEEL.fullmatch(entry.path) for entry in facts.entries):
        raise InputError(f"{facts.where} is a wheel; {_instead(sign['above'] if sign is not None else None)}")
    if sign is not None and (facts.packed or not sign["above"]):
        return
    if facts.packed and facts.damage is not None:
        words = program_words(head)
        raise InputError(f"{facts.where} is not an archive{f', but {words}' if words else ''}; {_EXPECTED}")
    read = f"{len(facts.entries):,} names were read{'' if facts.damage is None else f', then {facts.damage}'}"
    text = f"{facts.where} is no Python: it has no {_LOOKED_FOR} ({read})"
    if sign is None:
        raise InputError(f"{text}; {_EXPECTED}")
    raise InputError(f"{text}; there may be one in {shown(str(facts.where / sign['above']))}: give that folder")


def _instead(above: str | None) -> str:
    """What to give in place of a wheel with a Python in the folder `above`."""
    if above is None:
        return f"there is no Python in it; {_EXPECTED}"
    folder = above.rstrip("/").removesuffix("/python")
    return f"there is a Python in it: unpack it, or install it, and give its folder {shown(folder)}"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_SIZE)


def _is_archive(head: bytes) -> bool:
    return kind_of(head) in _ARCHIVES or head[:4] in ZIP_MAGICS or head.startswith(DEB_MAGIC)
