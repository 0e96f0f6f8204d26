"""place.*: the same tree, elsewhere and reached on other ways."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pydist.examine.checks import Check
from pydist.examine.families.starting import WHERE, found_library
from pydist.examine.outcome import Outcome, Problem, failed, lacking, passed
from pydist.examine.running import run
from pydist.examine.subject import Subject

__all__ = ["alone", "moved", "names", "read_only", "symlink_file", "symlink_folder"]

_NOBODY = 65534


def moved(check: Check, subject: Subject) -> Outcome:
    first = subject.work / "before"
    python = subject.copy(first)
    subject.start("-c", "import json, ssl, asyncio", program=python, seconds=check.seconds)
    after = first.rename(subject.work / "after")
    problems = _looks(subject, after / python.relative_to(first), after, "after it was moved")
    code = "import json; print(json.decoder.JSONDecoder.decode.__code__.co_filename)"
    ended = subject.start("-I", "-c", code, program=after / python.relative_to(first))
    if not ended.out.startswith(str(after)):
        problems.append(Problem(what="code remembers the place it was compiled at", found=ended.out or ended.how))
    return failed(*problems) if problems else passed()


def names(check: Check, subject: Subject) -> Outcome:
    problems = []
    for name in ("a place", "Ördner €", 'it\'s "quoted"', "semi;colon & more", "x" * 200):
        place = subject.work / "names" / name
        place.parent.mkdir(exist_ok=True)
        problems += _looks(subject, subject.copy(place), place, f"below the folder {name!r}")
    return failed(*problems) if problems else passed()


def symlink_file(check: Check, subject: Subject) -> Outcome:
    folder = subject.work / "links to it"
    folder.mkdir()
    first, second = folder / "python", folder / "another"
    first.symlink_to(subject.python)
    second.symlink_to("python")
    problems = []
    for link in (first, second):
        problems += _looks(subject, link, subject.prefix, f"started through {link.name}")
    return failed(*problems) if problems else passed()


def symlink_folder(check: Check, subject: Subject) -> Outcome:
    link = subject.work / "linked folder"
    link.symlink_to(subject.prefix, target_is_directory=True)
    python = link / subject.python.relative_to(subject.prefix)
    ended = subject.start("-I", "-c", WHERE, program=python, cwd=Path("/"))
    # Both answers are right: where it is reached, and where it is.
    problems = found_library(ended.out, ended.how, subject.prefix, "reached through a linked folder")
    if problems and not found_library(ended.out, ended.how, link, "reached through a linked folder"):
        problems = []
    return failed(*problems) if problems else passed()


def read_only(check: Check, subject: Subject) -> Outcome:
    # A true copy: permissions belong to files, which the linked copies share.
    place = subject.work / "read-only"
    shutil.copytree(subject.prefix, place, symlinks=True)
    shutil.rmtree(place / "lib" / f"python{subject.series}" / "test", ignore_errors=True)
    before = _listing(place)
    for folder in [place, *(path for path in place.rglob("*") if path.is_dir() and not path.is_symlink())]:
        folder.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        # Root may write everywhere: another user looks, who must be able to reach the folder.
        for folder in (subject.work, subject.work.parent):
            folder.chmod(0o711)
        if not all(folder.stat().st_mode & 0o001 for folder in subject.work.parents):
            return lacking(f"a folder for temporary files that every user can reach: {subject.work}")
    code = "import asyncio, sqlite3, ssl, json; print(json.dumps('fine'))"
    try:
        ended = subject.start(
            "-c", code, program=place / subject.python.relative_to(subject.prefix), cwd=Path("/"),
            user=_NOBODY if root else None, seconds=check.seconds,
        )  # fmt: skip
    finally:
        for folder in [place, *(path for path in place.rglob("*") if path.is_dir() and not path.is_symlink())]:
            folder.chmod(0o755)
    problems = [] if ended.good else [Problem(what="does not work in a tree that it may not write to", found=ended.how)]
    changed = sorted(before ^ _listing(place))
    problems += [Problem(what="was changed or written", where=name) for name in changed]
    return failed(*problems) if problems else passed("as another user" if root else "")


def alone(check: Check, subject: Subject) -> Outcome:
    if os.geteuid() != 0:
        return lacking("the right to change the root folder; run as root")
    if subject.emulator and not Path(subject.emulator[0]).is_file():
        return lacking("an emulator that is one file")
    root = subject.work / "alone"
    root.mkdir()
    python = subject.copy(root / "python")
    command = ["/" + str(python.relative_to(root))]
    if subject.emulator:
        shutil.copy(subject.emulator[0], root / "emulator")
        command = ["/emulator", *subject.emulator[1:], *command]
    chroot = shutil.which("chroot", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if chroot is None:
        return lacking("the command chroot; run: apt install coreutils")
    code = f"import json, ssl, sqlite3, decimal; {WHERE.partition('; ')[2]}"
    ended = run(
        [chroot, root, *command, "-I", "-c", f"import sys; {code}"],
        cwd=subject.work, env={}, seconds=subject.patience(check.seconds),
    )  # fmt: skip
    problems = found_library(ended.out, ended.how, Path("/python"), "as the only thing on a system")
    return failed(*problems) if problems else passed()


def _looks(subject: Subject, python: Path, prefix: Path, what: str) -> list[Problem]:
    ended = subject.start("-I", "-c", WHERE, program=python, cwd=Path("/"))
    return found_library(ended.out, ended.how, prefix, what)


def _listing(place: Path) -> set[str]:
    return {f"{path.relative_to(place)} {path.lstat().st_size}" for path in place.rglob("*") if not path.is_dir()}
