"""Which of pydist's own sources a kept result was made by: part of the key of everything that stays in the store.

Invariant: a changed source gives another digest, so that nothing is taken from the store that this version would
make otherwise.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydist.store import digest_file

__all__ = ["code_digests"]


@cache
def code_digests(*modules: str) -> tuple[str, ...]:
    """The digests of the modules of this package with these names."""
    return tuple(digest_file(Path(__file__).with_name(f"{module}.py")) for module in modules)
