"""Where Debian's source pool is: relative to the archives that this machine's `apt` is configured with.

No host is written down anywhere: a machine behind a mirror is asked for its mirror.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

__all__ = ["mirror", "pool_urls"]


@cache
def _archives(*conditions: str) -> tuple[str, ...]:
    """The roots of apt's package archives, of those with `conditions` (such as `Codename: sid`)."""
    if shutil.which("apt-get") is None:
        return ()
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", *conditions],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    roots = dict.fromkeys(line.strip().rstrip("/") for line in asked.stdout.splitlines())
    # Only http(s): file: and cdrom: archives carry no source pool of other releases.
    return tuple(root for root in roots if root.startswith(("http://", "https://")))


def mirror(codename: str) -> str | None:
    """The archive that this machine has its packages of Debian's release `codename` from, if it has one."""
    return next(iter(_archives(f"Codename: {codename}", "Component: main", "Label: Debian")), None)


def pool_urls(path: str) -> list[str]:
    """The URLs at which `path` (such as `z/zlib/zlib_1.3.1.orig.tar.gz`) may be found; empty without apt."""
    return [f"{root}/pool/main/{path}" for root in _archives()]
