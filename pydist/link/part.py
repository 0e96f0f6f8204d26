"""A part of an application: the standard library, one wheel, or the application's own files, compiled once and kept.

Invariant: a part's files lie below the virtual root, and every source has been compiled or says why it was not.
A part in the store is two blobs and an index; its rows are views into mapped files, nothing is copied.
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pydist.link.compile import Compiled, compile_sources
from pydist.link.leftout import LeftOut
from pydist.link.native import NativeFile, read_native
from pydist.manifest.convert import decode
from pydist.store import Key, Store

__all__ = ["Gathered", "Part", "PartFile", "TreeFile", "load_part", "make_part", "produce_part"]

_INDEX, _FILES, _CODE = "index.json", "files", "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeFile:
    """One file on its way into a part. `path` is below the virtual root, with `/`; `script` says that it is Python
    code although its name does not."""

    path: str
    data: bytes
    executable: bool = False
    script: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFile:
    """One file of a part. `code` is empty for what is not a source and for a source with a `fault`; `native` is there
    for a shared object. `imports` is what the module imports in any case, as `Compiled` has it."""

    path: str
    data: memoryview
    code: memoryview
    executable: bool = False
    fault: str = ""
    native: NativeFile | None = None
    imports: str = ""

    @property
    def linked(self) -> bool:
        """Whether its bytes are linked with the stub."""
        return self.native is not None and self.native.linked


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a part is to be made of: its files, facts about it (JSON values), what the table leaves out, and the modules
    that its sources import, of those that could bring that back, with the first source that does."""

    files: tuple[TreeFile, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    left_out: Sequence[LeftOut] = ()
    mentions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Files with their code, and what `Gathered` says beside them."""

    name: str
    files: tuple[PartFile, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[LeftOut, ...] = ()
    mentions: Mapping[str, str] = field(default_factory=dict)


def make_part(
    name: str, files: tuple[TreeFile, ...], interpreter: Path, facts: Mapping[str, Any] | None = None, optimize: int = 0
) -> Part:
    """Compile the sources among `files`, optimised at level `optimize`, and hold all in memory."""
    compiled = _compile(files, interpreter, optimize)
    rows = tuple(
        PartFile(
            path=file.path, data=memoryview(file.data), code=memoryview(compiled[file.path].code),
            executable=file.executable, fault=compiled[file.path].fault, native=read_native(file.path, file.data),
            imports=compiled[file.path].imports,
        )
        for file in sorted(files, key=lambda file: file.path)
    )  # fmt: skip
    return Part(name=name, files=rows, facts=facts or {})


def produce_part(
    store: Store, key: Key, name: str, interpreter: Path, gather: Callable[[], Gathered], *, optimize: int = 0
) -> Part:
    """The part of `key` from the store, made of what `gather` returns when it is not there yet."""

    def make(folder: Path) -> None:
        made = gather()
        part = make_part(name, made.files, interpreter, made.facts, optimize)
        _write(folder, replace(part, left_out=tuple(made.left_out), mentions=made.mentions))

    return load_part(store.produce(key, name, make))


def load_part(folder: Path) -> Part:
    """A part that `produce_part` left in the store."""
    index = json.loads((folder / _INDEX).read_bytes())
    data, code = _mapped(folder / _FILES), _mapped(folder / _CODE)
    rows = []
    native = {row["path"]: decode(NativeFile, row, str(folder)) for row in index["native"]}
    data_at = code_at = 0
    for path, data_size, code_size, executable, fault, imports in index["files"]:
        rows.append(
            PartFile(
                path=path, data=data[data_at : data_at + data_size], code=code[code_at : code_at + code_size],
                executable=bool(executable), fault=fault, native=native.get(path), imports=imports,
            )
        )  # fmt: skip
        data_at += data_size
        code_at += code_size
    left_out = tuple(
        LeftOut(
            name=name, reason=reason, imports=tuple(imports), files=tuple((path, size) for path, size in files),
            reached=reached, whole=whole,
        )
        for name, reason, imports, files, reached, whole in index["left_out"]
    )  # fmt: skip
    return Part(
        name=index["name"], files=tuple(rows), facts=index["facts"], left_out=left_out, mentions=index["mentions"]
    )


def _write(folder: Path, part: Part) -> None:
    with (folder / _FILES).open("wb") as data, (folder / _CODE).open("wb") as code:
        for file in part.files:
            data.write(file.data)
            code.write(file.code)
    rows = [
        [file.path, len(file.data), len(file.code), int(file.executable), file.fault, file.imports]
        for file in part.files
    ]
    native = [asdict(file.native) for file in part.files if file.native]
    index = {
        "name": part.name, "facts": dict(part.facts), "files": rows, "native": native,
        "left_out": [
            [row.name, row.reason, row.imports, row.files, row.reached, row.whole] for row in part.left_out
        ],
        "mentions": dict(part.mentions),
    }  # fmt: skip
    (folder / _INDEX).write_text(json.dumps(index, separators=(",", ":"), sort_keys=True), encoding="utf-8")


def _mapped(path: Path) -> memoryview:
    if path.stat().st_size == 0:
        return memoryview(b"")
    with path.open("rb") as file:
        # The view keeps the mapping alive; both end with the process or with the last row.
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _compile(files: tuple[TreeFile, ...], interpreter: Path, optimize: int) -> dict[str, Compiled]:
    sources = {file.path: file.data for file in files if file.script or file.path.endswith(".py")}
    results = {file.path: Compiled(code=b"") for file in files}
    return results | compile_sources(interpreter, sources, optimize)
