"""Everything that judging needs to know of an archive or a folder.

Invariant: the rules see these facts and nothing else; `pydist.validate.gather` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydist.archive.entry import Entry
from pydist.binary.kind import Kind as Binary
from pydist.errors import Fault
from pydist.manifest.alone import FULL
from pydist.manifest.compact import Compact
from pydist.manifest.load import Loaded
from pydist.manifest.model import Manifest
from pydist.manifest.record import BuildRecord
from pydist.target import Target
from pydist.validate.binary_facts import BinaryFacts
from pydist.validate.content import Content
from pydist.validate.identity import Identity
from pydist.validate.inputs import Form

__all__ = ["MANIFEST", "RECORD", "Facts", "FileFacts"]

MANIFEST, RECORD = FULL, "build/pydist.json"
_STEPS, _FOLLOWED = 256, 16  # parts of names and links on the way to a file; longer chains lead nowhere


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """One regular file. `sha256` in hex; `binary` for kinds in `EXAMINED`; `mtime` as the entry has it."""

    mode: int
    size: int
    sha256: str
    kind: Binary
    binary: BinaryFacts | None = None
    content: Content | None = None
    mtime: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is in a distribution. Keys of mappings are safe names below `python/`; `entries` are raw and in order.

    `manifest` is that of `loaded`: an older one in the form of the newest, with what it lacks left empty; `document` is
    the file that it was read from. `compact` is what an installed tree may have in its place. Without either, `target`
    is that of `identity`. `said` tells what was read where that is not all that was given.
    """

    where: Path
    packed: bool
    entries: tuple[Entry, ...]
    damage: str | None
    files: Mapping[str, FileFacts]
    links: Mapping[str, str]
    folders: frozenset[str]
    texts: Mapping[str, str]
    manifest: Manifest | None
    manifest_faults: tuple[Fault, ...]
    record: BuildRecord | None
    record_faults: tuple[Fault, ...]
    target: Target | None = None
    loaded: Loaded | None = None
    document: bytes | None = None
    identity: Identity = field(default_factory=Identity)
    form: Form = Form.FULL
    said: str = ""
    compact: Compact | None = None
    compact_faults: tuple[Fault, ...] = ()

    @property
    def about(self) -> Manifest | Compact | None:
        """What the distribution says of itself: its manifest, or the compact one of an installed tree."""
        return self.manifest or self.compact

    @property
    def words(self) -> frozenset[str]:
        """The options: those of the manifest, without one those that were learned."""
        return self.identity.words if self.about is None else frozenset(self.about.build_options.split("+"))

    @property
    def static(self) -> bool:
        """Whether nothing is linked dynamically, as the manifest says; without one, as the interpreter is linked."""
        return "static" in self.words or (self.about is not None and "static" in self.about.crt_features)

    @property
    def series(self) -> str:
        """The series, 3.14, that the manifest says or that was learned; empty where nothing says it."""
        learned = self.identity.version.value if self.identity.version is not None else ""
        version = self.about.python_version if self.about is not None else learned
        return ".".join(version.split(".")[:2])

    @property
    def interpreter(self) -> str | None:
        """The name of the interpreter."""
        return self.identity.interpreter if self.about is None else self.about.python_exe

    @property
    def library(self) -> str | None:
        """The name of a shared libpython."""
        return self.identity.library if self.manifest is None else self.manifest.build_info.core.shared_lib

    @property
    def program(self) -> BinaryFacts | None:
        """The interpreter, when it is an ELF file that is linked."""
        return self.linked_file(self.interpreter)

    @property
    def offered(self) -> frozenset[str]:
        """What the interpreter exports to all that it loads: its symbols, and those of a libpython that it needs."""
        hosts = [self.program]
        if self.program is not None and any("libpython" in name for name in self.program.elf[0][1].needed):
            hosts.append(self.linked_file(self.library))
        dynamic = (host.dynamic for host in hosts if host is not None and host.dynamic is not None)
        return frozenset().union(*(names.exports for names in dynamic))

    def linked_file(self, path: str | None) -> BinaryFacts | None:
        """What `path` leads to, when that is a linked ELF file."""
        file = None if path is None else self.files.get(self.resolve(path))
        binary = None if file is None else file.binary
        return binary if binary is not None and binary.dynamic is not None and binary.elf[0][1].linked else None

    def resolve(self, path: str) -> str:
        """The name that `path` leads to through links inside the archive; `path` itself if it leads nowhere or out."""
        good = not path.startswith("/") and path.count("/") < _STEPS
        waiting, followed = path.split("/")[::-1] if good else [], 0
        done: list[str] = []
        for _ in range(_STEPS):
            if not waiting or not good:
                break
            part = waiting.pop()
            if part == "..":
                good = bool(done)
                del done[-1:]
            elif part not in ("", "."):
                done.append(part)
                if target := self.links.get("/".join(done)):
                    done.pop()
                    followed += 1
                    good = followed <= _FOLLOWED and not target.startswith("/") and target.count("/") < _STEPS
                    waiting.extend(target.split("/")[::-1] if good else ())
        return "/".join(done) if good and not waiting else path

    def exists(self, path: str) -> bool:
        """Whether `path`, followed through links, is a file or a folder."""
        real = self.resolve(path)
        return real in self.files or real in self.folders
