"""Mach-O facts come out right for both sizes and byte orders, and damaged bytes are `MachOInvalid`."""

from __future__ import annotations

import contextlib
import re
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.binary.fat import slices
from pydist.binary.macho import Build, CpuType, FileType, Load, MachO, MachOInvalid, Platform, Version
from tests.support.elf import make_ar
from tests.support.macho import (
    ARM64,
    EXECUTE,
    LOAD,
    OBJECT,
    REEXPORT,
    TWOLEVEL,
    WEAK,
    X86_64,
    R,
    W,
    X,
    make_fat,
    make_macho,
    version,
)
from tests.support.zig import compiled

FULL: dict[str, Any] = {
    "install_name": "@rpath/libpython3.14.dylib",
    "dylibs": [
        (LOAD, "/usr/lib/libSystem.B.dylib", version(1311), version(1)),
        (WEAK, "@rpath/libtcl9.0.dylib", version(9, 0, 1), version(9)),
        (REEXPORT, "/usr/lib/libz.1.dylib", version(1, 2, 11), version(1)),
    ],
    "rpaths": ["@loader_path/../lib", "@executable_path"],
    "builds": [(1, version(11), version(14, 4)), (6, version(14, 2), version(17))],
    "uuid": bytes(range(16)),
    "defined": ["_PyInit_x"],
    "hidden": ["_inner"],
    "weak": ["_loose"],
    "undefined": [("_malloc", 1), ("_Tcl_Main", 2)],
    "exports": ["_PyInit_x", "_PyList_New", "_loose"],
    "forwarded": [("_inflate", "_inflate2")],
    "signature": 0x20002,
}


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("little", [True, False])
def test_every_fact_is_read_in_both_sizes_and_byte_orders(bits: int, little: bool) -> None:
    data = make_macho(bits=bits, little=little, **FULL)
    (facts,) = MachO.parse(data)
    assert (facts.bits, facts.little_endian, facts.cpu_type, facts.cpu_subtype) == (bits, little, CpuType.ARM64, 2)
    assert (facts.type, facts.two_level_namespace, facts.pie) == (FileType.DYLIB, True, True)
    assert facts.install_name is not None
    assert (facts.install_name.name, facts.install_name.load) == ("@rpath/libpython3.14.dylib", None)
    assert [(item.name, item.load, str(item.current_version), str(item.compatibility_version)) for item in facts.dylibs
            ] == [("/usr/lib/libSystem.B.dylib", Load.NORMAL, "1311.0", "1.0"),
                  ("@rpath/libtcl9.0.dylib", Load.WEAK, "9.0.1", "9.0"),
                  ("/usr/lib/libz.1.dylib", Load.REEXPORT, "1.2.11", "1.0")]  # fmt: skip
    assert facts.rpaths == ("@loader_path/../lib", "@executable_path")
    assert facts.builds == (
        Build(platform=Platform.MACOS, minimum_os=Version(11, 0, 0), sdk=Version(14, 4, 0)),
        Build(platform=Platform.MACCATALYST, minimum_os=Version(14, 2, 0), sdk=Version(17, 0, 0)),
    )
    assert facts.build == facts.builds[0]
    assert facts.uuid == bytes(range(16)).hex()
    assert facts.padding == 32
    assert not (facts.encrypted or facts.has_entry)


def test_symbols_say_what_they_are_for_others() -> None:
    data = make_macho(**FULL, common=["_room"])
    (facts,) = MachO.parse(data)
    symbols = {symbol.name: symbol for symbol in facts.symbols(data)}
    assert symbols.keys() == {"_PyInit_x", "_inner", "_loose", "_malloc", "_Tcl_Main", "_room"}
    assert [name for name, symbol in symbols.items() if not symbol.defined] == ["_malloc", "_Tcl_Main"]
    assert [name for name, symbol in symbols.items() if symbol.hidden] == ["_inner"]
    assert [name for name, symbol in symbols.items() if symbol.weak] == ["_loose"]
    assert [name for name, symbol in symbols.items() if symbol.common] == ["_room"]
    assert (symbols["_malloc"].library, symbols["_Tcl_Main"].library) == (1, 2)


@pytest.mark.parametrize("old", [True, False], ids=["LC_DYLD_INFO", "LC_DYLD_EXPORTS_TRIE"])
def test_exports_come_from_the_trie(old: bool) -> None:
    data = make_macho(**FULL, old_trie=old)
    (facts,) = MachO.parse(data)
    found = {item.name: item.source for item in facts.exports(data)}
    assert found == {"_PyInit_x": None, "_PyList_New": None, "_loose": None, "_inflate": "_inflate2"}


@pytest.mark.parametrize(
    ("command", "platform"), [(0x24, Platform.MACOS), (0x25, Platform.IOS), (0x30, Platform.WATCHOS)]
)
def test_old_files_say_their_minimum_system_in_another_command(command: int, platform: Platform) -> None:
    (facts,) = MachO.parse(make_macho(minimum=(command, version(10, 9), version(10, 15, 1))))
    assert facts.build == Build(platform=platform, minimum_os=Version(10, 9, 0), sdk=Version(10, 15, 1))
    assert MachO.parse(make_macho())[0].build is None


@pytest.mark.parametrize(("protection", "found"), [(R | X, False), (R | W, False), (R | W | X, True)])
def test_a_writable_executable_segment_is_seen(protection: int, found: bool) -> None:
    (facts,) = MachO.parse(make_macho(protection=protection))
    assert [segment.writable_and_executable for segment in facts.segments] == [found]


@pytest.mark.parametrize(("number", "found"), [(None, False), (0, False), (1, True)])
def test_encryption_is_seen(number: int | None, found: bool) -> None:
    assert MachO.parse(make_macho(encrypted=number))[0].encrypted is found


def test_the_entry_and_the_loader_of_a_program_are_seen() -> None:
    loader = struct.pack("<III20s", 0xE, 32, 12, b"/usr/lib/dyld")
    (facts,) = MachO.parse(make_macho(kind=EXECUTE, extra=[struct.pack("<IIQQ", 0x80000028, 24, 0, 0), loader]))
    assert (facts.has_entry, facts.dylinker) == (True, "/usr/lib/dyld")


def test_objects_have_no_padding_and_programs_may_have_one_namespace() -> None:
    assert MachO.parse(make_macho(kind=OBJECT))[0].padding is None
    (facts,) = MachO.parse(make_macho(kind=EXECUTE, flags=0, padding=0))
    assert (facts.padding, facts.two_level_namespace, facts.pie) == (0, False, False)


@pytest.mark.parametrize(
    ("flags", "certificate", "ad_hoc", "linker", "certified"),
    [(0x20002, None, True, True, False), (2, b"", True, False, False), (0x10000, b"certificate", False, False, True)],
    ids=["linker", "ad hoc", "developer"],
)
def test_a_signature_says_who_signed(
    flags: int, certificate: bytes | None, ad_hoc: bool, linker: bool, certified: bool
) -> None:
    data = make_macho(signature=flags, certificate=certificate)
    (facts,) = MachO.parse(data)
    signature = facts.signature
    assert signature is not None
    assert (signature.identifier, signature.team, signature.hash) == ("name", "TEAM", "sha256")
    assert (signature.ad_hoc, signature.linker_signed, signature.certified) == (ad_hoc, linker, certified)
    assert facts.signature_matches(data)


def test_a_page_that_changed_after_signing_is_noticed() -> None:
    data = bytearray(make_macho(signature=2, exports=[f"_{number:040}" for number in range(200)]))
    (facts,) = MachO.parse(data)
    assert facts.signature_matches(data)
    assert facts.signature is not None
    data[facts.signature.code_limit - 1] ^= 1
    assert not facts.signature_matches(data)
    unsigned = make_macho()
    assert not MachO.parse(unsigned)[0].signature_matches(unsigned)


@pytest.mark.parametrize(
    ("at", "value", "words"),
    [
        (0, 0xFADE0B01, "magic 0xfade0b01"),
        (8, 65, "65 parts"),
        (20, 0xFADE0C01, "without a code directory"),
        (56, 0x20020000, r"pages of 2\*\*0|digests"),
        (56, 0x20020005, r"pages of 2\*\*5"),
    ],
)
def test_a_damaged_signature_is_refused_or_matches_nothing(at: int, value: int, words: str) -> None:
    data = bytearray(make_macho(signature=2))
    (facts,) = MachO.parse(data)
    assert facts.signature is not None
    struct.pack_into(">I", data, facts.signature.code_limit + at, value)
    try:
        (damaged,) = MachO.parse(data)
    except MachOInvalid as error:
        assert re.search(words, str(error))
    else:
        assert at == 56
        assert damaged.signature is not None
        assert damaged.signature.page_size == 0
        assert damaged.signature_matches(data)


def test_digests_of_an_unknown_kind_or_number_match_nothing() -> None:
    for at, value in ((57, 9), (48, 1)):
        data = bytearray(make_macho(signature=2))
        (facts,) = MachO.parse(data)
        assert facts.signature is not None
        data[facts.signature.code_limit + at] = value
        with contextlib.suppress(MachOInvalid):
            assert not MachO.parse(data)[0].signature_matches(data)


@pytest.mark.parametrize("wide", [True, False])
def test_a_universal_file_is_all_its_slices(wide: bool) -> None:
    parts = [(cpu, make_macho(**FULL | {"defined": [f"_only{cpu}"]}, cpu=cpu)) for cpu in (X86_64, ARM64)]
    data = make_fat(parts, wide=wide)
    found = MachO.parse(data)
    assert [facts.cpu_type for facts in found] == [X86_64, ARM64]
    for facts, (cpu, part) in zip(found, parts, strict=True):
        assert data[facts.offset : facts.offset + facts.size] == part
        assert f"_only{cpu}" in {symbol.name for symbol in facts.symbols(data)}
        assert "_PyList_New" in {item.name for item in facts.exports(data)}
        assert facts.signature_matches(data)


def test_a_universal_static_library_is_read_by_its_slices() -> None:
    data = make_fat([(X86_64, make_ar({"a.o": make_macho(kind=OBJECT)})), (ARM64, make_ar({}))])
    with pytest.raises(MachOInvalid, match="magic numbers"):
        MachO.parse(data)
    assert [data[item.offset :][:8] for item in slices(data)] == [b"!<arch>\n"] * 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a Mach-O file"),
        (make_macho()[:30], "expected"),
        (struct.pack(">II", 0xCAFEBABE, 45), "45 slices"),
        (struct.pack(">II", 0xCAFEBABE, 0), "0 slices"),
        (struct.pack(">IIIIIII", 0xCAFEBABE, 1, 7, 0, 28, 100, 0), "slice 0"),
        (struct.pack(">IIIIIII", 0xCAFEBABE, 1, 7, 0, 8, 20, 0), "begins before"),
        (make_fat([(X86_64, make_macho(cpu=ARM64))]), "CPU type"),
        (make_macho(extra=[struct.pack("<II", 0x99, 0)]), "has 0 bytes"),
        (make_macho(extra=[struct.pack("<II", 0x99, 0xFFFFFFF8)]), "expected"),
        (make_macho(extra=[struct.pack("<III", 0x8000001C, 12, 4000)]), "4,000"),
        (make_macho(extra=[struct.pack("<IIII", 0x1D, 16, 0, 1 << 31)]), "code signature"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(MachOInvalid, match=words):
        MachO.parse(data)


def test_a_trie_that_leads_back_is_refused() -> None:
    data = bytearray(make_macho(exports=["_a"]))
    (facts,) = MachO.parse(data)
    assert facts.export_trie is not None
    start = facts.export_trie[0]
    data[start + 4 : start + 9] = b"\x80\x80\x80\x80\x00"
    with pytest.raises(MachOInvalid, match="twice"):
        list(facts.exports(data))


def test_a_million_symbols_that_share_one_long_name_are_refused_quickly() -> None:
    data = bytearray(make_macho(defined=["n" * 100_000, *["x"] * 20_000]))
    (facts,) = MachO.parse(data)
    assert facts.symbol_table is not None
    for index in range(20_000):
        struct.pack_into("<I", data, facts.symbol_table[0] + 16 * index, 2)
    began = time.process_time()
    with pytest.raises(MachOInvalid, match="names"):
        list(facts.symbols(data))
    assert time.process_time() - began < 5


def read_all(data: bytes) -> None:
    """Everything that the reader can tell."""
    with contextlib.suppress(MachOInvalid):
        for facts in MachO.parse(data):
            for read in (facts.symbols, facts.exports):
                with contextlib.suppress(MachOInvalid):
                    for _ in read(data):
                        pass
            with contextlib.suppress(MachOInvalid):
                facts.signature_matches(data)


def test_every_truncation_is_invalid_or_read_and_never_worse() -> None:
    data = make_fat([(X86_64, make_macho(**FULL, cpu=X86_64)), (ARM64, make_macho(**FULL))])
    for size in range(0, len(data), 7):
        read_all(data[:size])


@settings(max_examples=500, deadline=2000)
@given(
    st.sampled_from([make_macho(**FULL), make_macho(**FULL, bits=32), make_fat([(ARM64, make_macho(**FULL))])]),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
)
def test_changed_bytes_raise_nothing_but_macho_invalid(data: bytes, changes: list[tuple[int, bytes]]) -> None:
    changed = bytearray(data)
    for position, value in changes:
        start = position % len(changed)
        changed[start : start + len(value)] = value
    read_all(bytes(changed))


@pytest.mark.parametrize(("target", "cpu"), [("x86_64-macos.11.0", X86_64), ("aarch64-macos.11.0", ARM64)])
def test_what_the_toolchain_links_is_read(tmp_path: Path, target: str, cpu: int) -> None:
    words = ["-shared", "-Wl,-install_name,@rpath/libx.1.dylib", "-Wl,-current_version,1.2.3",
             "-Wl,-compatibility_version,1.1.0", "-Wl,-rpath,@loader_path", "-Wl,-headerpad,0x80",
             "-Wl,-undefined,dynamic_lookup"]  # fmt: skip
    data = compiled(tmp_path, target, *words)
    (facts,) = MachO.parse(data)
    assert (facts.cpu_type, facts.type, facts.bits) == (cpu, FileType.DYLIB, 64)
    assert facts.install_name is not None
    assert (facts.install_name.name, str(facts.install_name.current_version)) == ("@rpath/libx.1.dylib", "1.2.3")
    assert str(facts.install_name.compatibility_version) == "1.1"
    assert facts.rpaths == ("@loader_path",)
    assert [item.name for item in facts.dylibs] == ["/usr/lib/libSystem.B.dylib"]
    assert facts.build is not None
    assert (facts.build.platform, facts.build.minimum_os) == (Platform.MACOS, (11, 0, 0))
    assert facts.padding is not None
    assert facts.padding >= 0x80
    exports = {item.name: item.weak for item in facts.exports(data)}
    assert exports.items() >= {"_exported": False, "_user": False, "_weak_one": True}.items()
    assert exports.keys() >= {symbol.name for symbol in facts.symbols(data) if symbol.defined and symbol.external}
    # Apple's own processors run nothing that is not signed.
    assert (facts.signature is not None) is (cpu == ARM64)
    if facts.signature:
        assert (facts.signature.ad_hoc, facts.signature.linker_signed) == (True, True)
        assert facts.signature_matches(data)
    assert not any(segment.writable_and_executable for segment in facts.segments)


def test_an_object_of_the_toolchain_is_read(tmp_path: Path) -> None:
    data = compiled(tmp_path, "x86_64-macos", "-c", "-DOBJECT")
    (facts,) = MachO.parse(data)
    assert (facts.type, facts.padding, TWOLEVEL & facts.flags) == (FileType.OBJECT, None, 0)
    symbols = {symbol.name: symbol.defined for symbol in facts.symbols(data)}
    assert symbols.items() >= {"_exported": True, "_data": True, "_caller": True, "_other": False}.items()
