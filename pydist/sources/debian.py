"""Where Debian's source pool is: relative to the archives that this machine's `apt` is configured with.

No host is written down anywhere: a machine behind a mirror is asked for its mirror.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

__all__ = ["pool_urls"]


@cache
def _archives() -> tuple[str, ...]:
    if shutil.which("apt-get") is None:
        return ()
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    roots = dict.fromkeys(line.strip().rstrip("/") for line in asked.stdout.splitlines())
    # Only http(s): file: and cdrom: archives carry no source pool of other releases.
    return tuple(root for root in roots if root.startswith(("http://", "https://")))


def pool_urls(path: str) -> list[str]:
    """The URLs at which `path` (such as `z/zlib/zlib_1.3.1.orig.tar.gz`) may be found; empty without apt."""
    return [f"{root}/pool/main/{path}" for root in _archives()]
