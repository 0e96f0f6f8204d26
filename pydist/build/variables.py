"""The variables that scripts see because of what they build for. Pure, and part of every key."""

from __future__ import annotations

from pydist.archive.write import DEFAULT_MTIME
from pydist.policy.targets import TargetRow

__all__ = ["EPOCH", "target_variables"]

EPOCH = DEFAULT_MTIME
"""SOURCE_DATE_EPOCH of every build is the date that the archives carry."""


def target_variables(row: TargetRow) -> dict[str, str]:
    """The variables that are the same for every script of a target, whatever box it runs in."""
    return {
        "LC_ALL": "C",
        "TZ": "UTC",
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "CC": "clang",
        "CXX": "clang++",
        "AR": "ar",
        "RANLIB": "ranlib",
        "PKG_CONFIG": "false",
        "ARCH": row.target.arch.value,
        "TRIPLE": row.target.triple,
        "CONFIGURE_HOST": row.configure,
        "PYDIST_ZIG_TARGET": row.zig,
        "PYDIST_MULTIARCH": row.multiarch,
    }
