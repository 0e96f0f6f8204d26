"""PE facts come out right for both sizes, and damaged bytes are `PeInvalid`."""

from __future__ import annotations

import contextlib
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.binary.pe import (
    Characteristic,
    Debug,
    DllCharacteristic,
    Function,
    Machine,
    Pdb,
    Pe,
    PeInvalid,
    Subsystem,
)
from tests.support.pe import (
    AMD64,
    ARM64,
    DLL,
    DYNAMIC_BASE,
    EXECUTE,
    GUARD,
    GUID,
    I386,
    NX,
    READ,
    RELOCS_STRIPPED,
    WRITE,
    make_pe,
)
from tests.support.zig import NEEDED, compiled, run

FULL: dict[str, Any] = {
    "characteristics": 0x22 | DLL,
    "imports": [("KERNEL32.dll", ["ExitProcess", 7, "Sleep"]), ("python314.dll", ["Py_Main"])],
    "delayed": [("msi.dll", ["MsiOpen", 12])],
    "name": "_x.pyd",
    "exports": [("PyInit_x", None), (None, None), ("Heap", "NTDLL.RtlHeap"), ("Alias", None)],
    "pdb": "C:\\build\\_x.pdb",
    "reproducible": True,
    "shadow_stack": True,
    "guard": 0x500,
    "cookie": 0x402000,
    "certificates": [b"a certificate"],
}


@pytest.mark.parametrize(("bits", "machine"), [(64, AMD64), (32, I386)])
def test_every_fact_is_read_in_both_sizes(bits: int, machine: int) -> None:
    facts = Pe.parse(make_pe(bits=bits, machine=machine, subsystem_version=(5, 2), **FULL))
    assert (facts.bits, facts.machine) == (bits, machine)
    assert (facts.subsystem, facts.subsystem_version, facts.os_version) == (Subsystem.WINDOWS_CUI, (5, 2), (6, 1))
    assert (facts.image_version, facts.linker_version) == ((3, 4), (14, 44))
    assert (facts.image_base, facts.entry, facts.checksum, facts.timestamp) == (0x400000, 0x1000, 0xABCD, 0x60000000)
    assert [(section.name, section.address) for section in facts.sections] == [(".text", 0x1000)]
    assert [(item.library, item.functions, item.delayed) for item in facts.imports] == [
        ("KERNEL32.dll", (Function("ExitProcess", None), Function(None, 7), Function("Sleep", None)), False),
        ("python314.dll", (Function("Py_Main", None),), False),
        ("msi.dll", (Function("MsiOpen", None), Function(None, 12)), True),
    ]
    assert facts.name == "_x.pyd"
    assert [(item.name, item.ordinal, item.forwarder) for item in facts.exports] == [
        ("PyInit_x", 5, None),
        (None, 6, None),
        ("Heap", 7, "NTDLL.RtlHeap"),
        ("Alias", 8, None),
    ]
    assert facts.debug.pdb == Pdb(path="C:\\build\\_x.pdb", guid=str(GUID), age=3)
    assert (facts.debug.reproducible, facts.debug.shadow_stack) == (True, True)
    assert facts.load_config is not None
    assert (facts.load_config.guard_flags, facts.load_config.guarded_functions) == (0x500, 12)
    assert (facts.load_config.security_cookie, facts.load_config.safe_handlers) == (True, False)
    assert [(item.type, item.revision, item.size) for item in facts.certificates] == [(2, 0x200, 21)]
    assert (facts.is_dll, facts.signed) == (True, True)


def test_a_file_with_nothing_but_code_has_nothing_else() -> None:
    facts = Pe.parse(make_pe())
    assert (facts.imports, facts.exports, facts.name, facts.certificates) == ((), (), None, ())
    assert (facts.debug, facts.load_config, facts.is_dll, facts.signed) == (Debug(), None, False, False)


def test_delayed_imports_of_old_linkers_are_addresses_in_memory() -> None:
    facts = Pe.parse(make_pe(bits=32, machine=I386, delayed=[("msi.dll", ["MsiOpen"])], delayed_by_address=True))
    assert [(item.library, item.functions) for item in facts.imports] == [("msi.dll", (Function("MsiOpen", None),))]


def test_imports_without_a_table_of_names_are_read_from_the_other_one() -> None:
    facts = Pe.parse(make_pe(imports=[("a.dll", ["f", 3])], bound=False))
    assert facts.imports[0].functions == (Function("f", None), Function(None, 3))


def test_old_debugging_information_has_a_time_stamp() -> None:
    assert Pe.parse(make_pe(pdb="x.pdb", old_pdb=True)).debug.pdb == Pdb(path="x.pdb", guid="5f000000", age=3)


@pytest.mark.parametrize(
    ("flags", "characteristics", "aslr", "dep"),
    [
        (DYNAMIC_BASE | NX, 0x22, True, True),
        (NX, 0x22, False, True),
        (DYNAMIC_BASE, 0x22 | RELOCS_STRIPPED, False, False),
    ],
)
def test_what_the_loader_may_do_follows_from_the_flags(flags: int, characteristics: int, aslr: bool, dep: bool) -> None:
    facts = Pe.parse(make_pe(dll_characteristics=flags, characteristics=characteristics))
    assert (facts.aslr, facts.dep) == (aslr, dep)


@pytest.mark.parametrize(
    ("flags", "guard", "found"), [(GUARD, 0x100, True), (GUARD, None, False), (0, 0x100, False), (GUARD, 0, False)]
)
def test_control_flow_is_guarded_when_it_is_asked_for_and_compiled_in(
    flags: int, guard: int | None, found: bool
) -> None:
    assert Pe.parse(make_pe(dll_characteristics=flags, guard=guard)).control_flow_guard is found


def test_safe_handlers_are_of_32_bit_code() -> None:
    for bits, machine, found in ((32, I386, True), (64, AMD64, False)):
        config = Pe.parse(make_pe(bits=bits, machine=machine, guard=0, handlers=0x402000)).load_config
        assert config is not None
        assert config.safe_handlers is found


@pytest.mark.parametrize(("flags", "found"), [(EXECUTE | READ, False), (WRITE | READ, False), (EXECUTE | WRITE, True)])
def test_a_writable_executable_section_is_seen(flags: int, found: bool) -> None:
    assert [item.writable_and_executable for item in Pe.parse(make_pe(section=flags)).sections] == [found]


def changed(data: bytes, form: str, at: int, *values: int) -> bytes:
    made = bytearray(data)
    struct.pack_into(form, made, at, *values)
    return bytes(made)


DIRECTORIES = 64 + 24 + 112
IMPORTING = make_pe(imports=[("a.dll", ["f"])])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not a PE file"),
        (b"MZ" + bytes(40), "the PE header"),
        (b"MZ" + bytes(100), "not for Windows"),
        (changed(make_pe(), "<I", 60, 0xFFFFFFF0), "the PE header"),
        (make_pe()[:300], "the optional header|the sections"),
        (changed(make_pe(), "<H", 64 + 24, 0x107), "magic 0x107"),
        (changed(make_pe(), "<H", 64 + 6, 0xFFFF), "the sections"),
        (changed(IMPORTING, "<I", DIRECTORIES + 8, 0x100000), "import table"),
        (changed(make_pe(), "<II", DIRECTORIES + 8, 0xFFFFFFFF, 20), "import table"),
        (changed(make_pe(), "<II", DIRECTORIES + 32, 1 << 31, 20), "certificate table"),
        (changed(make_pe(certificates=[b"x"]), "<I", 0x600, 4), "an entry of 4 bytes"),
        (changed(make_pe(), "<II", DIRECTORIES + 48, 0x1000, 28 * 300), "300 entries"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_place(data: bytes, words: str) -> None:
    with pytest.raises(PeInvalid, match=words):
        Pe.parse(data)


@pytest.mark.parametrize(
    ("tables", "words"),
    [
        ({"imports": [("a.dll", [])] * 4096}, "more than 4,096 libraries"),
        ({"delayed": [("a.dll", [])] * 4096}, "more than 4,096 libraries"),
        ({"name": "a.dll", "exports": [(None, None)] * ((1 << 18) + 1)}, "262,145 exports"),
    ],
)
def test_tables_have_bounds(tables: dict[str, Any], words: str) -> None:
    with pytest.raises(PeInvalid, match=words):
        Pe.parse(make_pe(**tables))


def test_ordinals_that_are_not_used_are_no_exports_and_names_need_one() -> None:
    data = make_pe(name="a.dll", exports=[("f", None), ("g", None)])
    start = struct.unpack_from("<I", data, DIRECTORIES)[0] - 0x1000 + 0x400
    column, ordinals = (struct.unpack_from("<I", data, start + at)[0] - 0x1000 + 0x400 for at in (28, 36))
    assert [item.name for item in Pe.parse(changed(data, "<I", column, 0)).exports] == ["g"]
    with pytest.raises(PeInvalid, match="a name for export 9 of 2"):
        Pe.parse(changed(data, "<H", ordinals, 9))


def test_debugging_information_of_an_unknown_kind_and_padding_behind_certificates_are_passed_over() -> None:
    data = make_pe(pdb="x.pdb", certificates=[b"certificate"])
    assert Pe.parse(data.replace(b"RSDS", b"ELSE")).debug == Debug()
    padded = changed(data + bytes(8), "<I", DIRECTORIES + 36, struct.unpack_from("<I", data, DIRECTORIES + 36)[0] + 8)
    assert len(Pe.parse(padded).certificates) == 1


def test_a_list_of_a_million_functions_that_share_one_name_ends_soon() -> None:
    count = 400_000
    data = make_pe(imports=[("a.dll", ["f" * 100] * count)])
    began = time.process_time()
    with pytest.raises(PeInvalid, match="more than 262,144 imported functions"):
        Pe.parse(data)
    assert time.process_time() - began < 20


def test_every_truncation_is_invalid_or_read_and_never_worse() -> None:
    data = make_pe(**FULL)
    for size in range(0, len(data), 7):
        with contextlib.suppress(PeInvalid):
            Pe.parse(data[:size])


@settings(max_examples=500, deadline=2000)
@given(
    st.sampled_from([make_pe(**FULL), make_pe(**FULL, bits=32, machine=I386)]),
    st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=8)), min_size=1, max_size=6),
)
def test_changed_bytes_raise_nothing_but_pe_invalid(data: bytes, changes: list[tuple[int, bytes]]) -> None:
    made = bytearray(data)
    for position, value in changes:
        start = position % len(made)
        made[start : start + len(value)] = value
    with contextlib.suppress(PeInvalid):
        Pe.parse(made)


@pytest.mark.parametrize(
    ("target", "machine", "word"),
    [("x86_64-windows-gnu", AMD64, "i386:x86-64"), ("aarch64-windows-gnu", ARM64, "arm64")],
)
def test_what_the_toolchain_links_is_read(tmp_path: Path, target: str, machine: int, word: str) -> None:
    (tmp_path / "needed.def").write_text(NEEDED, encoding="utf-8")
    run(tmp_path, "dlltool", "-m", word, "-d", "needed.def", "-l", "needed.lib")
    (tmp_path / "own.def").write_text("EXPORTS\n  exported\n  user\n  passed_on=needed.other\n", encoding="utf-8")
    facts = Pe.parse(compiled(tmp_path, target, "-shared", "-DNEEDS", "own.def", "needed.lib"))
    assert (facts.machine, facts.bits, facts.is_dll) == (Machine(machine), 64, True)
    assert Characteristic.EXECUTABLE_IMAGE in facts.characteristics
    assert facts.dll_characteristics & DllCharacteristic.NX_COMPAT
    assert facts.aslr
    assert facts.dep
    (needed,) = facts.imports
    assert (needed.library, needed.delayed) == ("needed.dll", False)
    assert set(needed.functions) == {Function("other", None), Function(None, 7)}
    assert {item.name: item.forwarder for item in facts.exports} == {
        "exported": None,
        "user": None,
        "passed_on": "needed.other",
    }
    assert not any(section.writable_and_executable for section in facts.sections)
    assert not facts.signed
