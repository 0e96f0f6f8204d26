"""Rules about single entries of the container: modes, owners, times, sizes, and names that some systems refuse.

Invariant: what only the one who unpacks decides, such as the group of an unpacked folder's files, is not judged there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pydist.archive.entry import Entry, Kind
from pydist.archive.paths import name_fault, shown
from pydist.binary.elf import Type
from pydist.binary.kind import Kind as Binary
from pydist.target import Os
from pydist.validate.facts import Facts
from pydist.validate.report import Finding, found

__all__ = ["judge"]

_YEAR_1980 = 315_532_800  # seconds since the epoch; a day of grace for time zones is part of the rule
_DAY = 86_400
_LARGEST = 512 << 20
_DEEPEST = 24  # folders below each other; a real distribution has 15
_LONGEST = 200  # characters; Windows takes 259 with the folder that it is unpacked into
_DATA = re.compile(
    r".*\.(pyc|pyi|h|c|a|o|obj|lib|txt|rst|md|json|toml|pc|tcl|html|xml|css|cfg|ini|pem|pdf|png|gif|whl|zip)"
)
_SOLID = re.compile(r".*\.(so(\.\d+)*|dylib|dll|pyd|exe|a|lib|o|obj|whl|zip|json|pc|pem)")  # is never empty
_PROGRAMS = re.compile(r"(install/)?(bin|Scripts)/[^/]+")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[1-9]|lpt[1-9])(\..*)?")
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_LEFTOVER = re.compile(
    r"\.DS_Store|\._.+|__MACOSX|Thumbs\.db|desktop\.ini|\.git|\.hg|\.svn|CVS|.+\.(orig|rej|swp|gcda|gcno|profraw|la|bak)|.+~"
    r"|core\.\d+|.+\.pyc\.\d+|\.pytest_cache|\.mypy_cache",
    re.ASCII,
)


def judge(facts: Facts) -> Iterator[Finding]:
    """Everything odd about single entries."""
    for entry in facts.entries:
        if name_fault(entry.path) is None:
            yield from _mode(facts, entry)
            yield from _name(entry)
            if entry.kind is Kind.HARDLINK:
                yield found("archive.hard-link", entry.path, f"the same file as {shown(entry.link or '')}")
            if entry.kind is Kind.FILE and entry.size > _LARGEST:
                yield found("archive.large-file", entry.path, f"{entry.size:,} bytes, more than {_LARGEST:,}")
    yield from _files(facts)
    if facts.damage is None:
        yield from _folders(facts)
    if facts.packed:
        yield from _owner(facts)
        yield from _times(facts)


def _mode(facts: Facts, entry: Entry) -> Iterator[Finding]:
    if entry.kind not in (Kind.FILE, Kind.DIRECTORY):
        return
    # Who unpacks decides with his umask for the group, and for others no sane one does.
    if entry.mode & (0o022 if facts.packed else 0o002):
        yield found("archive.writable-mode", entry.path, f"mode {entry.mode:04o} lets others write")
    wanted = 0o444 if entry.kind is Kind.FILE else 0o555
    if facts.packed and entry.mode & wanted != wanted:
        yield found("archive.unreadable-mode", entry.path, f"mode {entry.mode:04o}, expected {wanted:04o} among it")
    if entry.kind is Kind.FILE and entry.mode & 0o111 and _DATA.fullmatch(entry.path):
        yield found("archive.executable-data", entry.path, f"mode {entry.mode:04o} of a file that is no program")


def _name(entry: Entry) -> Iterator[Finding]:
    last = entry.path.rstrip("/").rpartition("/")[2]
    if last.count(".") == len(last):
        return
    if _RESERVED.fullmatch(last) or _FORBIDDEN.search(last) or last.endswith((".", " ")):
        yield found("archive.windows-name", shown(entry.path), f"Windows has no file called {shown(last)}")
    if not last.isascii() and unicodedata.normalize("NFC", last) != last:
        yield found("archive.name-form", shown(entry.path), "its letters are decomposed; expected normal form NFC")
    if _LEFTOVER.fullmatch(last):
        yield found("archive.leftover", shown(entry.path), "a trace of making it")
    if len(entry.path) > _LONGEST:
        yield found("archive.long-name", shown(entry.path), f"{len(entry.path)} characters, more than {_LONGEST}")
    if entry.path.count("/") > _DEEPEST:
        yield found("archive.deep-nesting", shown(entry.path), f"more than {_DEEPEST} folders below each other")


def _files(facts: Facts) -> Iterator[Finding]:
    windows = facts.target is not None and facts.target.os is Os.WINDOWS
    for name, file in facts.files.items():
        if file.size == 0 and _SOLID.fullmatch(name) and "/test" not in name:
            yield found("archive.empty-file", name, "0 bytes, which no file of its kind has")
        elf = file.binary.elf[0][1] if file.binary is not None and file.binary.elf else None
        program = elf is not None and (elf.type == Type.EXEC or elf.pie) and file.kind is Binary.ELF
        script = file.kind is Binary.SCRIPT and _PROGRAMS.fullmatch(name) is not None
        # As above: an umask of 077 takes the bits of others, and leaves a tree that its owner can use.
        wanted = 0o111 if facts.packed else 0o100
        if (program or script) and not windows and file.mode & wanted != wanted:
            yield found("archive.not-executable", name, f"mode {file.mode:04o} of a program, expected 0755")
    for name in sorted({*facts.files, *facts.links} & facts.folders):
        yield found("archive.file-and-folder", name, "is a file or a link, and other names are below it")
    if windows:
        for name, target in facts.links.items():
            yield found("archive.link-on-windows", name, f"a link to {shown(target)}")


def _folders(facts: Facts) -> Iterator[Finding]:
    filled = {name.rpartition("/")[0] for name in (*facts.files, *facts.links, *facts.folders)}
    for name in sorted(facts.folders - filled):
        yield found("archive.empty-folder", name, "nothing is in it; some tools drop it")


def _owner(facts: Facts) -> Iterator[Finding]:
    for entry in facts.entries:
        owner = (entry.uid, entry.gid, entry.user, entry.group)
        if owner[:2] != (0, 0) or entry.user not in ("", "root") or entry.group not in ("", "root", "wheel"):
            names = f" ({shown(entry.user)}, {shown(entry.group)})" if entry.user or entry.group else ""
            yield found("archive.owner", entry.path, f"belongs to {entry.uid}:{entry.gid}{names}, expected 0:0")
            return  # they are all alike


def _times(facts: Facts) -> Iterator[Finding]:
    for entry in facts.entries:
        if entry.mtime < _YEAR_1980 - _DAY:
            yield found("archive.early-time", entry.path, f"its time is {entry.mtime}, before 1980")
            break
    times = [entry.mtime for entry in facts.entries if entry.kind is Kind.FILE]
    if times and min(times) != max(times):
        text = f"from {min(times)} to {max(times)} seconds since 1970, expected one time for all"
        yield found("archive.times", "", text)
