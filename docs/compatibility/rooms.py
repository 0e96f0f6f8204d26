"""Odd surroundings that programs are put into: each takes something away that a machine usually has.

A room that needs root is left out without. Everything is mounted in name spaces of the programs' own, so that nothing
changes elsewhere.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 180  # seconds for one command
# Without privileges of the machine's root, but as one in a name space.
APART = ("unshare", "--mount", "--map-root-user", "--", "sh", "-c")
# What the run time says where shared objects can't be loaded.
NEEDS_PROC = "needs the folder /proc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A program and the arguments of a run that ends at once. `needs` are those of the link's report; `home` is a
    folder that it may write to; `finds` is in what it prints."""

    program: Path
    arguments: Sequence[str]
    needs: Sequence[str]
    home: Path
    finds: str = ""
    crowd: int = 200
    variables: Mapping[str, str] = field(default_factory=lambda: {"LC_ALL": "C.UTF-8"})

    @property
    def command(self) -> list[str]:
        return [str(self.program), *self.arguments]

    @property
    def static(self) -> bool:
        return not self.needs

    def fault(self, *before: str, program: Path | None = None) -> str | None:
        """What is wrong with the run, started by the command `before`."""
        command = [*before, str(program or self.program), *self.arguments]
        env = {"HOME": str(self.home), **self.variables}
        return fault(command, finds=self.finds, env=env, cwd=self.home)


def fault(command: Sequence[str | Path], *, code: int = 0, finds: str = "", **options: Any) -> str | None:
    """What is wrong with how `command` ended, or None."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False, **options
        )
    except subprocess.TimeoutExpired:
        return f"no end after {PATIENCE} s"
    text = done.stdout.decode(errors="replace")
    if done.returncode != code:
        last = (done.stderr.decode(errors="replace").strip() or text.strip()).splitlines()[-1:]
        return f"exit code {done.returncode}: {' '.join(last)[:200]}"
    return None if re.search(finds, text) else f"{finds!r} is not in what it printed"


def no_variables(guest: Guest) -> str | None:
    return fault(guest.command, finds=guest.finds, env={}, cwd="/")


def read_only(guest: Guest) -> str | None:
    """Every file system, but the user's folder."""
    return guest.fault(*APART, 'mount -t tmpfs none "$HOME" && mount -o remount,bind,ro / && cd && exec "$0" "$@"')


# The program itself may be below /tmp.
MOVED = (
    'mount --bind "$(dirname "$0")" /mnt && '
    "for at in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o %s none $at; done && "
)
HERE = 'name=$(basename "$0") && cd /mnt/home && HOME=$PWD exec /mnt/$name "$@"'


def no_writable_tmp(guest: Guest) -> str | None:
    return guest.fault(*APART, MOVED % "ro" + HERE)


def no_executable_tmp(guest: Guest) -> str | None:
    return guest.fault(*APART, MOVED % "noexec" + HERE)


def no_proc(guest: Guest) -> str | None:
    """Who cannot do without must say so."""
    script = 'mount -t tmpfs none /proc && exec "$0" "$@"'
    if any(need.startswith("/proc") for need in guest.needs):
        script = f'({script}) >out 2>&1 || grep -q "{NEEDS_PROC}" out || {{ cat out; exit 1; }}; cat out'
        return fault([*APART, script, *guest.command], env={"HOME": str(guest.home), **guest.variables}, cwd=guest.home)
    return guest.fault(*APART, script)


def odd_path(guest: Guest) -> str | None:
    odd = guest.home / "zwölf päckchen" / "the 'app' 程序"
    odd.parent.mkdir()
    shutil.copy2(guest.program, odd)
    found = guest.fault(program=odd)
    shutil.rmtree(odd.parent)
    return found


def crowded(guest: Guest) -> str | None:
    with ThreadPoolExecutor(guest.crowd) as pool:
        faults = [found for found in pool.map(lambda _: guest.fault(), range(guest.crowd)) if found]
    return f"{len(faults)} of {guest.crowd}: {faults[0]}" if faults else None


def other_user(guest: Guest) -> str | None:
    """One without a name, who owns nothing but a folder."""
    with tempfile.TemporaryDirectory(prefix="pydist-user-") as folder:
        os.chown(folder, 65534, 65534)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *guest.command]
        return fault(command, finds=guest.finds, env={"HOME": folder, **guest.variables}, cwd=folder)


def alone(guest: Guest) -> str | None:
    """In a root folder with nothing but /dev/null and what the link's report says that it needs."""
    with tempfile.TemporaryDirectory(prefix="pydist-root-") as folder:
        root = Path(folder)
        shutil.copy2(guest.program, root / "app")
        for library in libraries(guest.needs):
            place = root / library.relative_to("/")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(library.resolve(), place)
        setting = f"mkdir {root}/dev && touch {root}/dev/null && mount --bind /dev/null {root}/dev/null && "
        if guest.needs:
            (root / "proc").mkdir()
            setting += f"mount -t proc none {root}/proc && "
        script = f'{setting}exec chroot {root} /app "$@"'
        command = ["unshare", "--mount", "--pid", "--fork", "--", "sh", "-c", script, "sh", *guest.arguments]
        return fault(command, finds=guest.finds, env={"HOME": "/", **guest.variables}, cwd="/")


def libraries(needs: Sequence[str]) -> Iterator[Path]:
    """The files of this machine that a system must have, and what those need themselves."""
    if not needs:
        return
    glibc = ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libresolv.so.2")
    names = [*glibc, *(name for need in needs for name in re.findall(r"\S+\.so\.[\d.]+", need))]
    folders = (Path("/lib/x86_64-linux-gnu"), Path("/usr/lib/x86_64-linux-gnu"))
    found = {Path("/lib64/ld-linux-x86-64.so.2")}
    for name in names:
        path = next((folder / name for folder in folders if (folder / name).exists()), None)
        if path:
            listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
            found |= {path, *map(Path, re.findall(r"=> (/\S+)", listed))}
    yield from sorted(found)


ROOMS: Mapping[str, Callable[[Guest], str | None]] = {
    "no variables": no_variables,
    "all read-only": read_only,
    "no writable /tmp": no_writable_tmp,
    "no executable /tmp": no_executable_tmp,
    "no /proc": no_proc,
    "odd path": odd_path,
    "many at once": crowded,
    "another user": other_user,
    "alone": alone,
}
FOR_ROOT = frozenset({"another user", "alone"})


def tried(guest: Guest) -> Iterator[tuple[str, str | None]]:
    """Each room, and what was wrong there."""
    for name, room in ROOMS.items():
        if name not in FOR_ROOT or os.geteuid() == 0:
            yield name, room(guest)


# Of the kernel's calls those that make, change or remove files; -y names what descriptors lead to.
CHANGES = (
    "open,openat,creat,mkdir,mkdirat,mknod,mknodat,link,linkat,symlink,symlinkat,rename,renameat,renameat2,unlink,"
    "unlinkat,rmdir,truncate,ftruncate,write,pwrite64,writev,pwritev,pwritev2,copy_file_range,sendfile"
)
NOWHERE = re.compile(r"/dev/|/proc/|/memfd:|pipe:|socket:|anon_inode:|/$")
OPENED = re.compile(r'open(?:at)?\(.*"(?P<path>[^"]*)", [^)]*O_(?:WRONLY|RDWR|CREAT|TRUNC|TMPFILE).* = \d+')
WRITTEN = re.compile(r"(?:p?writev?2?|pwrite64|ftruncate)\(\d+<(?P<path>[^>]*)>.* = (?P<size>\d+)")
MADE = re.compile(r'(?:creat|mkdir|mknod|link|symlink|rename|unlink|rmdir|truncate)\w*\(.*"(?P<path>[^"]+)".* = 0')


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a run left on disks or changed there."""

    files: tuple[str, ...]
    size: int


def written(guest: Guest) -> Written | None:
    """What a run writes to disks, also what it removes again; None where there is no `strace`."""
    if shutil.which("strace") is None:
        return None
    with tempfile.TemporaryDirectory(prefix="pydist-trace-") as folder:
        log = Path(folder, "log")
        home = Path(folder, "home")
        home.mkdir()
        # A file for each process, so that no line is cut by another's.
        command = ["strace", "-ff", "-y", "-qq", "-s", "0", "-o", str(log), "-e", f"trace={CHANGES}", *guest.command]
        env = {"HOME": str(home), **guest.variables}
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=PATIENCE, check=False, env=env, cwd=home)  # fmt: skip
        texts = [path.read_text(encoding="utf-8", errors="replace") for path in sorted(Path(folder).glob("log.*"))]
        return changes("\n".join(texts), home)


def changes(log: str, home: Path) -> Written:
    """What a trace says."""
    files, size = set(), 0
    for line in log.splitlines():
        if found := OPENED.search(line) or MADE.search(line):
            files.add(found["path"])
        elif (found := WRITTEN.search(line)) and not NOWHERE.match(found["path"]):
            files.add(found["path"])
            size += int(found["size"])
    named = sorted(path.replace(str(home), "~") for path in files if not NOWHERE.match(path))
    return Written(files=tuple(named), size=size)
