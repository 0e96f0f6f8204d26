"""Readers of bytes by name, each with inputs to begin with: what `guided` throws at, and what tests repeat.

Invariant: `READERS[name].read` returns for any bytes, or raises an `InputError`, which is an answer.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.stream import Limits
from pydist.archive.zip import ZipBroken, read_directory
from pydist.archive.zip_content import ZipContent
from pydist.binary import ar, coff, fat
from pydist.binary.elf import ElfFile
from pydist.binary.elf_rename import rename_defined, undefined_names
from pydist.binary.kind import HEAD_SIZE, Kind, kind_of
from pydist.binary.macho import MachO
from pydist.binary.pdb import PdbFile
from pydist.binary.pe import Pe
from pydist.binary.pe_sums import PeSums
from pydist.target import Target
from pydist.validate.binary_facts import EXAMINED, examine
from pydist.validate.content import look
from pydist.validate.documents import read_document, versions_in
from pydist.validate.facts import Facts, FileFacts
from pydist.validate.families import macho, packages, pe, settings
from pydist.validate.identity import Identity, Learned
from tests.support import tiny, trees, zips
from tests.support.elf import make_ar, make_elf
from tests.support.macho import ARM64, LOAD, X86_64, make_fat, make_macho, version
from tests.support.pe import I386, make_coff, make_import, make_pdb, make_pe

__all__ = ["KEPT", "READERS", "Reader", "kept"]

KEPT = Path(__file__).parent / "kept"
"""A folder for each reader with what fuzzing came to: inputs that it once answered wrongly, and those that reach code
that its good inputs do not. `python -m tests.fuzz.guided` goes on from there."""


@dataclass(frozen=True, slots=True)
class Reader:
    """How bytes are read as a whole, and good inputs."""

    read: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def kept(name: str) -> tuple[bytes, ...]:
    """The inputs of the folder of reader `name`."""
    return tuple(path.read_bytes() for path in sorted((KEPT / name).glob("*")))


def _exhaust(items: Iterable[object]) -> None:
    for _ in items:
        pass


def _elf(data: bytes) -> None:
    facts = ElfFile.parse(data)
    _exhaust(facts.symbols(data))
    _exhaust(facts.dynamic_symbols(data))


def _rename(data: bytes) -> None:
    """What comes out is an object again, whose names are the new ones."""
    made, renamed = rename_defined(data, "__x")
    _exhaust(undefined_names(data))
    names = {symbol.name for symbol in ElfFile.parse(made).symbols(made)}
    if missing := set(renamed.values()) - names:
        raise AssertionError(f"lost: {missing}")


def _macho(data: bytes) -> None:
    _exhaust(fat.slices(data))
    for facts in MachO.parse(data):
        facts.signature_matches(data)
        _exhaust(facts.exports(data))
        _exhaust(facts.symbols(data))


def _pe(data: bytes) -> None:
    Pe.parse(data)
    sums = PeSums.of(data)
    sums.checksum()
    sums.certified()


def _facts(data: bytes) -> None:
    """What judging keeps of a file, and the rules about it, wherever it stands in a distribution of any system."""
    kind = kind_of(data[:HEAD_SIZE])
    if kind not in EXAMINED:
        return
    binary = examine(kind, data)
    pickle.dumps(binary)
    file = FileFacts(mode=0o755, size=len(data), sha256="", kind=kind, binary=binary)
    names = ("bin/python3", "lib/libpython3.14.dylib", "lib/lib-dynload/m.so", "python.exe", "DLLs/m.pyd", "libs/m.lib")
    for triple in ("aarch64-apple-darwin", "x86_64-pc-windows-msvc", "x86_64-unknown-linux-gnu"):
        learned = (Learned(triple, "bin/python3"),)
        facts = Facts(
            where=Path(), packed=True, entries=(), damage=None, files=dict.fromkeys(names, file), links={},
            folders=frozenset({"bin", "lib"}), texts={}, manifest=None, manifest_faults=(), record=None,
            record_faults=(), target=Target.parse(triple),
            identity=Identity(targets=learned, interpreter=names[0], library=names[1]),
        )  # fmt: skip
        for family in (macho.judge, pe.judge):
            _exhaust(family(facts))


def _pdb(data: bytes) -> None:
    PdbFile.parse(data)


def _coff(data: bytes) -> None:
    facts = coff.read_member(data)
    if isinstance(facts, coff.Coff):
        facts.directives(data)
        _exhaust(facts.symbols(data))


def _ar(data: bytes) -> None:
    for _, member in ar.members(data):
        kind_of(bytes(member[:HEAD_SIZE]))


def _zip(data: bytes) -> None:
    file = io.BytesIO(data)
    try:
        for member in read_directory(file, Limits(total=1 << 26, member=1 << 24, entries=1000)):
            ZipContent(file, member, lambda error: ZipBroken(str(error))).skip()
    except ZipBroken:
        return


def _documents(data: bytes) -> None:
    for name in ("patchlevel.h", "pyconfig.h", "build-details.json", "_sysconfigdata__linux_.py"):
        read_document(name, data)
    versions_in(data)


_CONTENTS = ("x.pyc", "x.whl", "python314.zip", "LICENSE", "lib/python3.14/x.py", "bin/x.exe")
_TEXTS = tuple(
    f"lib/python3.14/{name}"
    for name in (
        *("_sysconfigdata__linux_x86_64-linux-gnu.py", "build-details.json", "EXTERNALLY-MANAGED", "a/python-3.14.pc"),
        *(
            "ensurepip/__init__.py",
            "site-packages/x-1.dist-info/RECORD",
            "site-packages/x-1.dist-info/entry_points.txt",
        ),
    )
)


def _content(data: bytes) -> None:
    for name in _CONTENTS:
        look(name, kind_of(data[:HEAD_SIZE]), data)
    file = FileFacts(mode=0o644, size=len(data), sha256="", kind=Kind.OTHER)
    texts = dict.fromkeys(_TEXTS, data.decode("utf-8", "replace"))
    facts = Facts(
        where=Path("a.tar"), packed=True, entries=(), damage=None, files={_TEXTS[0]: file}, links={},
        folders=frozenset(), texts=texts, manifest=None, manifest_faults=(), record=None, record_faults=(),
        target=Target.parse("x86_64-unknown-linux-gnu"),
    )  # fmt: skip
    for family in (settings, packages):
        _exhaust(family.judge(facts))


_MACHO = {
    "install_name": "@rpath/a.dylib",
    "dylibs": [(LOAD, "/usr/lib/b.dylib", version(2), version(1))],
    "rpaths": ["@loader_path"],
    "builds": [(1, version(11), version(14))],
    "uuid": bytes(16),
    "defined": ["_f"],
    "undefined": [("_g", 1)],
    "exports": ["_f", "_h"],
    "forwarded": [("_i", "_j")],
    "signature": 2,
}
_PE = {
    "imports": [("a.dll", ["f", 7])],
    "delayed": [("b.dll", ["g"])],
    "name": "c.dll",
    "exports": [("h", None), (None, None), ("i", "d.j")],
    "pdb": "c.pdb",
    "reproducible": True,
    "shadow_stack": True,
    "guard": 0x500,
    "certificates": [b"certificate"],
    "manifest": b"<assembly/>",
}
_COFF = {
    "sections": [(".text", b"\xc3"), (".drectve", b"/EXPORT:f"), (".debug_with_a_long_name", b"")],
    "defined": ["f"],
    "undefined": ["a_function_with_a_long_name"],
    "weak": ["w"],
}
_ELF = {
    "kind": 3,
    "interp": "/lib/ld.so",
    "needed": ["libc.so.6"],
    "soname": "a.so",
    "runpath": "$ORIGIN",
    "needs": [("libc.so.6", ["GLIBC_2.17"])],
    "defined": ["f"],
    "undefined": ["g"],
    "properties": [(0xC0000002, 3)],
    "build_id": bytes(20),
}

_OBJECT = {"kind": 1, "defined": ["f"], "undefined": ["g"], "weak": ["h"], "hidden": ["i"]}

READERS = {
    "rename": Reader(
        _rename,
        (make_elf(**_OBJECT), make_elf(**_OBJECT, bits=32)),  # type: ignore[arg-type]
    ),
    "content": Reader(
        _content,
        (
            tiny.BYTECODE,
            tiny.library(),
            tiny.SETTINGS,
            b"#!/bin/sh\nfrom pip import main\nsys.exit(main())\n",
            b'{"base_prefix": "../..", "c_api": {"headers": "include"}}',
            b"[externally-managed]\nError = no\n[console_scripts]\nx = x.y:main\n",
            b"prefix=/install\nVersion: 3.13\nLibs: -L/install/lib\n",
            b"x.py,sha256=ypeBEsobvcr6wjGzmiPcTaeG7_gUfE5yuYB3ha_uSLs,1\n",
        ),
    ),
    "ar": Reader(_ar, (make_ar({"a.o": make_elf(kind=1), "a_name_of_more_than_15.o": b"x"}),)),
    "coff": Reader(
        _coff,
        (
            make_coff(**_COFF),  # type: ignore[arg-type]
            make_coff(**_COFF, big=True),  # type: ignore[arg-type]
            make_import("f", "a.dll"),
            make_import("f", "a.dll", by=4, other="g"),
        ),
    ),
    "documents": Reader(
        _documents, (trees.patchlevel("3.14.0rc1"), trees.pyconfig(debug=True), trees.variables(), trees.details())
    ),
    "elf": Reader(
        _elf,
        tuple(
            make_elf(**_ELF, bits=bits, little=little, loadable=True)  # type: ignore[arg-type]
            for bits in (32, 64)
            for little in (True, False)
        ),
    ),
    "facts": Reader(
        _facts,
        (
            make_macho(**_MACHO),  # type: ignore[arg-type]
            make_fat([(X86_64, make_macho(cpu=X86_64)), (ARM64, make_macho(**_MACHO))]),  # type: ignore[arg-type]
            make_fat([(ARM64, make_ar({"a.o": make_macho(kind=1)}))]),
            make_pe(**_PE),  # type: ignore[arg-type]
            make_ar({"a.dll": make_import("f", "a.dll"), "b.obj": make_coff(), "c.o": make_macho(kind=1)}),
            make_pdb(),
        ),
    ),
    "macho": Reader(
        _macho,
        (
            make_macho(**_MACHO),  # type: ignore[arg-type]
            make_macho(**_MACHO, bits=32, little=False, old_trie=True),  # type: ignore[arg-type]
            make_fat([(X86_64, make_macho(cpu=X86_64)), (ARM64, make_macho(**_MACHO))]),  # type: ignore[arg-type]
        ),
    ),
    "pdb": Reader(_pdb, (make_pdb(), make_pdb(streams=300, first=0xFFFFFFFF))),
    "pe": Reader(_pe, (make_pe(**_PE), make_pe(**_PE, bits=32, machine=I386))),  # type: ignore[arg-type]
    "zip": Reader(
        _zip,
        (
            zips.archive(zips.Member(name=b"python/a", data=b"abc" * 20), zips.Member(name=b"b/", method=0)),
            zips.archive(zips.Member(name=b"a", data=b"abc", flags=8, wide=True), wide_end=True, comment=b"c"),
        ),
    ),
}
