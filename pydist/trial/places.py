"""place.*: the same tree, elsewhere and reached on other ways."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from pydist.trial.outcome import Outcome, Problem, failed, lacking, passed
from pydist.trial.subject import Subject

__all__ = ["WHERE", "found_library", "moved", "names", "read_only", "symlink_file", "symlink_folder"]

_NOBODY = 65534
WHERE = "import json, sys; print(json.dumps([sys.prefix, json.__file__]))"
"""What `found_library` judges the answer to."""


def moved(subject: Subject) -> Outcome:
    first = subject.work / "before"
    python = subject.copy(first)
    subject.start("-c", "import json, ssl, asyncio", program=python)
    after = first.rename(subject.work / "after")
    problems = _looks(subject, after / python.relative_to(first), after, "after it was moved")
    code = "import json; print(json.decoder.JSONDecoder.decode.__code__.co_filename)"
    ended = subject.start("-I", "-c", code, program=after / python.relative_to(first))
    if not ended.out.startswith(str(after)):
        problems.append(Problem(what="code remembers the place it was compiled at", found=ended.out or ended.how))
    return failed(*problems) if problems else passed()


def names(subject: Subject) -> Outcome:
    problems = []
    for name in ("a place", "Ördner €", 'it\'s "quoted"', "semi;colon & more", "x" * 200):
        place = subject.work / "names" / name
        place.parent.mkdir(exist_ok=True)
        problems += _looks(subject, subject.copy(place), place, f"below the folder {name!r}")
    return failed(*problems) if problems else passed()


def symlink_file(subject: Subject) -> Outcome:
    folder = subject.work / "links to it"
    folder.mkdir()
    first, second = folder / "python", folder / "another"
    first.symlink_to(subject.python)
    second.symlink_to("python")
    problems = []
    for link in (first, second):
        problems += _looks(subject, link, subject.prefix, f"started through {link.name}")
    return failed(*problems) if problems else passed()


def symlink_folder(subject: Subject) -> Outcome:
    link = subject.work / "linked folder"
    link.symlink_to(subject.prefix, target_is_directory=True)
    python = link / subject.python.relative_to(subject.prefix)
    ended = subject.start("-I", "-c", WHERE, program=python, cwd=Path("/"))
    # Both answers are right: where it is reached, and where it is.
    problems = found_library(ended.out, ended.how, subject.prefix, "reached through a linked folder")
    if problems and not found_library(ended.out, ended.how, link, "reached through a linked folder"):
        problems = []
    return failed(*problems) if problems else passed()


def read_only(subject: Subject) -> Outcome:
    root = os.geteuid() == 0
    if root:
        # Root may write everywhere: another user looks, who must be able to reach the folder.
        for folder in (subject.work, subject.work.parent):
            folder.chmod(0o711)
        if not all(folder.stat().st_mode & 0o001 for folder in subject.work.parents):
            return lacking(f"a folder for temporary files that every user can reach: {subject.work}")
    # A true copy: permissions belong to files, which the linked copies share.
    place = subject.work / "read-only"
    whole = subject.untouched or subject.prefix
    shutil.copytree(whole, place, symlinks=True, ignore=shutil.ignore_patterns("test"))
    before = _listing(place)
    folders = [place, *(path for path in place.rglob("*") if path.is_dir() and not path.is_symlink())]
    code = "import asyncio, sqlite3, ssl, json; print(json.dumps('fine'))"
    try:
        for folder in folders:
            folder.chmod(0o555)
        ended = subject.start(
            "-c", code, program=place / subject.python.relative_to(subject.prefix), cwd=Path("/"),
            user=_NOBODY if root else None,
        )  # fmt: skip
    finally:
        for folder in folders:
            folder.chmod(0o755)
    problems = [] if ended.good else [Problem(what="does not work in a tree that it may not write to", found=ended.how)]
    changed = sorted(before ^ _listing(place))
    problems += [Problem(what="was changed or written", where=name) for name in changed]
    return failed(*problems) if problems else passed("as another user" if root else "")


def found_library(out: str, how: str, prefix: Path, what: str) -> list[Problem]:
    """The problem of an interpreter that was asked `WHERE` and should have found its library below `prefix`."""
    library = prefix / "lib"
    try:
        said = json.loads(out)
    except (ValueError, RecursionError):
        return [Problem(what=what, expected=f"the library below {library}", found=how)]
    match said:
        case [str(found), str(module)] if Path(found) == prefix and Path(module).is_relative_to(library):
            return []
    return [Problem(what=what, expected=f"sys.prefix {prefix} and the library below it", found=str(said))]


def _looks(subject: Subject, python: Path, prefix: Path, what: str) -> list[Problem]:
    ended = subject.start("-I", "-c", WHERE, program=python, cwd=Path("/"))
    return found_library(ended.out, ended.how, prefix, what)


def _listing(place: Path) -> set[str]:
    return {f"{path.relative_to(place)} {path.lstat().st_size}" for path in place.rglob("*") if not path.is_dir()}
