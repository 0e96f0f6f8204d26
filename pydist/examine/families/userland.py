"""userland.*: the same programs in another system than this one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pydist.errors import EnvironmentLacking
from pydist.examine.subject import Distribution
from pydist.store import Key, Store
from pydist.trial.outcome import Outcome, Problem, failed, lacking, passed
from pydist.trial.running import run

__all__ = ["oldest"]

# Oldest first, with their glibc; the first whose archive answers is taken.
_SYSTEMS = (("stretch", "2.24"), ("buster", "2.28"), ("bullseye", "2.31"), ("bookworm", "2.36"))
_CODE = """
import asyncio, ctypes, decimal, platform, sqlite3, ssl, subprocess, sys, threading
thread = threading.Thread(target=print, args=["thread"]); thread.start(); thread.join()
print(subprocess.check_output([sys.executable, "-c", "print(6 * 7)"], text=True).strip())
print(platform.libc_ver()[1])
"""
_FILE = "system.tar"  # the name tells mmdebstrap the format
_DEBIAN_ARCH = {"x86_64": "amd64", "aarch64": "arm64", "i686": "i386", "armv7": "armhf", "ppc64le": "ppc64el"}


def oldest(subject: Distribution) -> Outcome:
    bootstrap = shutil.which("mmdebstrap")
    if reason := _why_not(subject, bootstrap):
        return lacking(reason)
    found = _system(bootstrap or "", subject, subject.seconds)
    if isinstance(found, Outcome):
        return found
    suite, glibc, archive = found
    root = subject.work / "system"
    root.mkdir()
    unpack = ["tar", "-xf", str(archive), "-C", str(root), "--exclude=./dev/*"]
    unpacked = run(unpack, cwd=subject.work, env=dict(os.environ), seconds=subject.seconds)
    if not unpacked.good:
        return lacking(f"a usable {suite}: {unpacked.how}")
    python = subject.copy(root / "python")
    command = ["chroot", str(root), "/" + str(python.relative_to(root)), "-I", "-c", _CODE]
    variables = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    said = run(command, cwd=subject.work, env=variables, seconds=subject.seconds)
    if said.out.split() != ["thread", "42", glibc]:
        expected = f"thread, 42, {glibc}"
        return failed(Problem(what="does not run", where=f"Debian {suite}", expected=expected, found=said.how))
    return passed(f"Debian {suite}, glibc {glibc}")


def _why_not(subject: Distribution, bootstrap: str | None) -> str | None:
    if os.geteuid() != 0:
        return "the right to change the root folder; run as root"
    if subject.emulator and not subject.registered:
        return f"a kernel that starts programs for {subject.target.arch} by an emulator (binfmt_misc)"
    return None if bootstrap else "mmdebstrap, which makes other systems; run: apt install mmdebstrap"


def _system(bootstrap: str, subject: Distribution, seconds: float) -> tuple[str, str, Path] | Outcome:
    """The oldest system that can be had: name, glibc, and a tar of it that stays in the store."""
    store = Store.default()
    arch = _DEBIAN_ARCH.get(subject.target.arch)
    if arch is None:
        return lacking(f"a Debian for {subject.target.arch}")
    mirror = _mirror(seconds)
    if mirror is None:
        return lacking("an archive of Debian that apt is set up for")
    last = "none was tried"
    for suite, glibc in _SYSTEMS:

        def make(folder: Path, suite: str = suite) -> None:
            command: list[str | Path] = [
                bootstrap,
                "--quiet",
                "--variant=essential",
                f"--architectures={arch}",
                suite,
                folder / _FILE,
                mirror,
            ]
            ended = run(command, cwd=folder, env=dict(os.environ), seconds=seconds)
            if not ended.good:
                raise EnvironmentLacking(ended.how)

        try:
            key = Key.of("userland", {"suite": suite, "arch": arch, "mirror": mirror, "file": _FILE})
            return suite, glibc, store.produce(key, f"Debian {suite}", make) / _FILE
        except EnvironmentLacking as error:
            last = str(error)
    return lacking(f"a Debian that can be had from the archive of this machine: {last}")


def _mirror(seconds: float) -> str | None:
    """Where apt of this machine takes packages from."""
    asked = run(
        ["apt-get", "indextargets", "--format", "$(SITE)"], cwd=Path("/"), env=dict(os.environ), seconds=seconds
    )
    sites = [line.strip() for line in asked.out.splitlines() if line.strip()]
    return next((site for site in sites if "security" not in site), None)
