"""Bytes of a `PYTHON.json` to a `Manifest`.

Invariant: what `load` returns has exactly the keys and types of format version 8; whether they are true is for
`pydist.validate` to say.
"""

from __future__ import annotations

from pydist.errors import Fault, InputError
from pydist.manifest.convert import decode, loads
from pydist.manifest.model import Manifest

__all__ = ["ManifestInvalid", "load"]


class ManifestInvalid(InputError):
    """The document is not a manifest (or build record) of the expected form; `faults` lists everything wrong."""


def load(data: bytes, where: str) -> Manifest:
    """Read a manifest; `where` names it in messages.

    Raises `ManifestInvalid` with every fault and its place (`build_info.extensions._ssl[0].links[1].path_static`).
    """
    try:
        value = loads(data, where)
    except InputError as error:
        raise ManifestInvalid(f"{where} cannot be read", [Fault(where, error.message)]) from error
    version = value.get("version") if isinstance(value, dict) else None
    if isinstance(version, str) and version != "8":
        # The other keys differ by version: listing them as faults would hide the one cause.
        text = f"format version {version[:20]!r}; expected '8', the version of all archives published since 2024-09"
        raise ManifestInvalid(f"{where} has an unsupported format", [Fault(f"{where}: version", text)])
    return decode(Manifest, value, where, ManifestInvalid)
