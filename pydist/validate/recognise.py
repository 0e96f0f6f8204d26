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
from pydist.binary.kind import HEAD_SIZE, Kind, kind_of
from pydist.errors import InputError
from pydist.validate.facts import Facts

__all__ = ["expect_python"]

_SIGN = re.compile(
    r"(?P<above>.*?/)??(?:install/)?(?:PYTHON\.json|share/PYTHON\.json|build/pydist\.json|bin/python(?:3(?:\.\d{1,2})?t?d?)?|"
    r"python[\d.]*t?w?(?:_d)?\.exe|python3\d{0,2}t?(?:_d)?\.(?:dll|zip)|lib(?:64)?/python3\.\d{1,2}t?/.+|"
    r"lib/python3\d{1,2}t?\.zip|Lib/(?:os|site|abc)\.pyc?|include/python3\.\d{1,2}[a-z]*/.+|"
    r"(?:lib(?:64)?/)?libpython3[.\d]*[a-z]*\.(?:a|so[.\d]*|dylib))",
    re.ASCII | re.DOTALL,
)
_LOOKED_FOR = "PYTHON.json, bin/python3, python.exe, lib/python3.*/ or Lib/os.py"
_EXPECTED = "expected an archive of a Python, the folder that holds python/, or the prefix of an installed Python"
_ARCHIVES = frozenset({Kind.GZIP, Kind.ZSTD, Kind.XZ, Kind.TAR})


def expect_python(facts: Facts) -> None:
    """Raise `InputError` when nothing in `facts` is a sign of Python; it says what was looked for, and where."""
    if facts.packed and facts.damage is not None and (facts.entries or _is_archive(facts.where)):
        return
    signs = (match for entry in facts.entries if (match := _SIGN.fullmatch(entry.path.removeprefix("./"))))
    sign = min(signs, key=lambda match: len(match["above"] or ""), default=None)
    if sign is not None and (facts.packed or not sign["above"]):
        return
    if facts.packed and facts.damage is not None:
        raise InputError(f"{facts.damage}; {_EXPECTED}")
    read = f"{len(facts.entries):,} names were read{'' if facts.damage is None else f', then {facts.damage}'}"
    text = f"{facts.where} is no Python: it has no {_LOOKED_FOR} ({read})"
    if sign is None:
        raise InputError(f"{text}; {_EXPECTED}")
    raise InputError(f"{text}; there may be one in {shown(str(facts.where / sign['above']))}: give that folder")


def _is_archive(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(HEAD_SIZE)
    return kind_of(head) in _ARCHIVES or head[:4] in ZIP_MAGICS or head.startswith(DEB_MAGIC)
