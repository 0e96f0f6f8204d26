"""One pass over an archive or a folder that gathers all facts.

Invariant: gathering never fails on content, it records the damage; facts are the same whoever looked at a member, and
in the order of the archive. Memory is bounded by the largest binary that is examined, work by the limits of
`pydist.archive`.
"""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from pydist.archive.entry import Entry, Kind
from pydist.archive.paths import UnsafeName, check_name
from pydist.archive.source import ArchiveDamaged, Limits, Member, open_source
from pydist.binary.kind import HEAD_SIZE, kind_of
from pydist.binary.kind import Kind as Binary
from pydist.errors import InputError
from pydist.manifest.compact import COMPACT, load_compact
from pydist.manifest.load import ManifestInvalid, load_any
from pydist.manifest.record import load_record
from pydist.progress import Reporter
from pydist.target import Target
from pydist.validate.binary_facts import EXAMINED, BinaryFacts, is_examined
from pydist.validate.content import DOCUMENT
from pydist.validate.documents import LARGEST, SAYING, Said
from pydist.validate.facts import MANIFEST, RECORD, Facts, FileFacts
from pydist.validate.identity import PROGRAM, Clue, Stated, learn
from pydist.validate.inputs import Form, Input, find, form_of
from pydist.validate.looking import ALONE, HelperLost, Helpers, Looking
from pydist.validate.members import Seen, Task

__all__ = ["gather"]

_DOCUMENTS = (MANIFEST, RECORD, COMPACT)
_LIMITS = Limits(total=8 << 30, member=2 << 30)
_LARGEST_TEXT = 32 << 20
_LONGEST_LINK = 4097  # one more than link_escapes accepts
_LARGEST_BINARY = 512 << 20
_LARGEST_DOCUMENT, _ALL_DOCUMENTS = 4 << 20, 64 << 20  # bytes of texts that are kept; a real distribution has 3 MiB
_NAMES = 256 << 20  # bytes of all symbol names in memory; a real distribution takes 10 MiB
_ASKED = 64  # programs, and documents, that are asked what Python this is; a distribution has five
_LINKS = 20_000
_FOLDER_NAMES = 64 << 20  # deep nesting multiplies them; a real distribution has 20 kB


@dataclass(frozen=True, slots=True)
class _Row:
    """A file, in the order of the archive. `original` is the name that a hard link has the content of."""

    name: str
    original: str | None = None


@dataclass(slots=True)
class _Gathering:
    prefix: str
    entries: list[Entry] = field(default_factory=list)
    files: dict[str, FileFacts] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)
    folder_bytes: int = 0
    texts: dict[str, str] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    document_bytes: int = _ALL_DOCUMENTS
    saying: dict[str, Said] = field(default_factory=dict)
    clues: dict[str, Clue] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    rows: deque[_Row] = field(default_factory=deque)
    names: int = field(default_factory=lambda: _NAMES)
    weights: dict[str, int] = field(default_factory=dict)

    def add(self, member: Member, looking: Looking) -> None:
        entry = member.entry
        self.entries.append(entry)
        name = self._below(entry.path)
        if name is None:
            return
        self._parents(name)
        if entry.kind is Kind.DIRECTORY:
            self.folders.add(name)
        elif entry.kind is Kind.SYMLINK:
            self.links.setdefault(name, (entry.link or "")[:_LONGEST_LINK])
        elif entry.kind is Kind.HARDLINK:
            original = self._below(entry.link or "")
            if original is not None:
                self.rows.append(_Row(name, original))
        elif entry.kind is Kind.FILE:
            with member.open() as stream:
                self._file(name, entry, stream, looking)

    def take(self, seen: Seen) -> None:
        """What was seen of the first file of `rows`; hard links in front of it are made."""
        self.settle()
        name = self.rows.popleft().name
        file = self._paid(seen.file, seen.names)
        if name in self.files:
            return  # the first of two files with one name counts
        self.files[name] = file
        if seen.names:
            self.weights[name] = seen.names
        if seen.clue is not None:
            self.clues[name] = seen.clue
        if seen.said is not None:
            self.saying[name] = seen.said

    def settle(self) -> None:
        """Make the hard links whose originals are known by now."""
        while self.rows and (original := self.rows[0].original) is not None:
            name = self.rows.popleft().name
            if original in self.files and name not in self.files:
                # In memory they are one, but every rule looks at each.
                weight = self.weights.get(original, 0)
                self.files[name] = self._paid(self.files[original], weight)
                self.weights[name] = weight

    def _paid(self, file: FileFacts, names: int) -> FileFacts:
        """`file`, without what is known of a binary when its names are too much."""
        self.names -= names
        if self.names >= 0 or not names:
            return file
        text = f"names of symbols take more than {_NAMES:,} bytes in the distribution up to here"
        return replace(file, binary=BinaryFacts(fault=text))

    def _below(self, path: str) -> str | None:
        """The safe name below the prefix that `path` of the archive has; None for what is elsewhere."""
        try:
            whole = check_name(path)
        except UnsafeName:
            return None
        return whole[len(self.prefix) :] if whole.startswith(self.prefix) else None

    def _parents(self, name: str) -> None:
        while (name := name.rpartition("/")[0]) and name not in self.folders:
            self.folders.add(name)
            self.folder_bytes += len(name)
        if self.folder_bytes > _FOLDER_NAMES:
            raise ArchiveDamaged("the names of all folders take more than 64 MiB")

    def _file(self, name: str, entry: Entry, stream: BinaryIO, looking: Looking) -> None:
        head = stream.read(HEAD_SIZE)
        kind = kind_of(head)
        if entry.size > (_LARGEST_BINARY if kind in EXAMINED else _LARGEST_TEXT):
            facts = _unread(entry, is_examined(name, kind), kind, head, stream)
            self.rows.append(_Row(name))
            looking.pass_on(Seen(file=facts))
            return
        last = "" if "-packages/" in name else _last(name)  # what packages bring says nothing of this Python
        program = kind in EXAMINED and PROGRAM.fullmatch(last) is not None and self._may("program")
        saying = entry.size <= LARGEST and SAYING.fullmatch(last) is not None and self._may("document")
        task = Task(name=name, kind=kind, mode=entry.mode, mtime=entry.mtime, program=program, saying=saying)
        if self._is_kept(name, kind, entry.size):
            data = head + stream.read()
            self._keep(name, data)
            self.rows.append(_Row(name))
            looking.put_whole(task, data)
            return
        self.rows.append(_Row(name))
        try:
            looking.put(task, entry.size, head, stream)
        except ArchiveDamaged:
            self.rows.pop()
            raise

    def _may(self, what: str) -> bool:
        self.asked[what] += 1
        return self.asked[what] <= _ASKED

    def _is_kept(self, name: str, kind: Binary, size: int) -> bool:
        """Whether the rules look at all of its text."""
        if name in _DOCUMENTS:
            return True
        fits = size <= min(_LARGEST_DOCUMENT, self.document_bytes) and kind not in EXAMINED
        return fits and DOCUMENT.fullmatch(name) is not None

    def _keep(self, name: str, data: bytes) -> None:
        if name in _DOCUMENTS:
            self.documents.setdefault(name, data)
        else:
            self.document_bytes -= len(data)
            self.texts.setdefault(name, data.decode("utf-8", "replace"))


def _unread(entry: Entry, examined: bool, kind: Binary, head: bytes, stream: BinaryIO) -> FileFacts:
    """The facts of a file that is too large to look into."""
    digest = hashlib.sha256(head)
    while piece := stream.read(1 << 20):
        digest.update(piece)
    large = f"{entry.size:,} bytes, more than the {_LARGEST_BINARY:,} that are examined"
    binary = BinaryFacts(fault=large) if examined else None
    return FileFacts(
        mode=entry.mode, size=entry.size, sha256=digest.hexdigest(), kind=kind, binary=binary, mtime=entry.mtime
    )


def gather(path: Path, reporter: Reporter, *, whole: bool = False, helpers: Helpers | None = None) -> Facts:
    """Read `path`: an archive, a folder (the one that holds `python/`, or `python/` itself), an installed Python, of
    which only what belongs to it is read, unless `whole`, or a manifest alone. `helpers` are by default those of this
    machine.

    Raises `InputError` when it cannot be opened; whatever is wrong with its content becomes a fact.
    """
    given = find(path, whole)
    try:
        work, damage = _read(given, reporter, Helpers.of_this_machine() if helpers is None else helpers)
    except HelperLost:
        work, damage = _read(given, reporter, ALONE)
    facts = Facts(
        where=given.path,
        packed=not given.path.is_dir(),
        entries=tuple(work.entries),
        damage=damage,
        files=work.files,
        links=work.links,
        folders=frozenset(work.folders),
        texts=work.texts,
        manifest=None,
        manifest_faults=(),
        record=None,
        record_faults=(),
        document=work.documents.get(MANIFEST),
        form=form_of(given, work.files, work.folders),
        said=given.said,
    )
    return _with_identity(_with_documents(facts, work.documents), work)


def _read(given: Input, reporter: Reporter, helpers: Helpers) -> tuple[_Gathering, str | None]:
    """All that is there, and what is wrong where it ends early."""
    work, damage = _Gathering(given.prefix), None
    if given.document is not None:
        work.documents = dict([given.document])
        return work, damage
    reporter.step("read", str(given.path))
    with open_source(given.path, _LIMITS, given.selection) as source, Looking(work.take, helpers) as looking:
        try:
            for member in source.members():
                work.add(member, looking)
                reporter.advance("read", len(work.entries))
        except ArchiveDamaged as error:
            damage = error.message
        looking.finish()
        work.settle()
    reporter.finish("read", f"{len(work.entries):,} entries")
    return work, damage


def _with_identity(facts: Facts, work: _Gathering) -> Facts:
    prefix = "install/" if facts.form is Form.FULL else ""
    identity = learn(
        stated=_stated(facts),
        said={name: item for name, item in work.saying.items() if name.startswith(prefix)},
        clues={name: item for name, item in work.clues.items() if name.startswith(prefix)},
        binaries={name: file.binary for name, file in facts.files.items() if file.binary and name.startswith(prefix)},
        resolved={name: facts.resolve(name) for name in islice(facts.links, _LINKS) if PROGRAM.fullmatch(_last(name))},
    )
    target = facts.target if facts.about is not None else identity.target
    return replace(facts, identity=identity, target=target)


def _stated(facts: Facts) -> Stated | None:
    if facts.about is None:
        return None
    full = facts.manifest is not None
    return Stated(
        where=MANIFEST if full else COMPACT,
        version=facts.about.python_version,
        options=frozenset(facts.about.build_options.split("+")),
        interpreter=facts.about.python_exe,
        below="install/" if full else "",
    )


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _with_documents(facts: Facts, documents: Mapping[str, bytes]) -> Facts:
    try:
        if MANIFEST in documents:
            loaded = load_any(documents[MANIFEST], MANIFEST, lenient=True)
            made = loaded.manifest
            facts = replace(facts, manifest=made, loaded=loaded, target=_target(made.target_triple))
    except ManifestInvalid as error:
        facts = replace(facts, manifest_faults=error.faults)
    try:
        if RECORD in documents:
            facts = replace(facts, record=load_record(documents[RECORD], RECORD))
    except ManifestInvalid as error:
        facts = replace(facts, record_faults=error.faults)
    try:
        if COMPACT in documents and facts.form is not Form.FULL:
            compact = load_compact(documents[COMPACT], COMPACT)
            facts = replace(facts, compact=compact, target=_target(compact.target_triple))
    except ManifestInvalid as error:
        facts = replace(facts, compact_faults=error.faults)
    return facts


def _target(triple: str) -> Target | None:
    try:
        return Target.parse(triple)
    except InputError:
        return None
