"""Symbols and debugging information leave a linked file; what is loaded stays where it is."""

from __future__ import annotations

import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pydist.binary.ar import members
from pydist.binary.elf import ElfFile
from pydist.binary.elf_strip import ElfUnstrippable, debug_name, strip
from pydist.errors import InputError
from tests.support.elf import make_ar, make_elf
from tests.support.zig import zig

SOURCE = """
int shared = 3;
static int inner_name(int x) { return x * shared; }
int outer_name(int x) { return inner_name(x) + 1; }
"""
TARGETS = ["x86_64-linux-gnu.2.17", "aarch64-linux-musl", "arm-linux-gnueabihf.2.17", "s390x-linux-gnu.2.17"]


@pytest.fixture(scope="module", params=TARGETS)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A shared library with debugging information, of both sizes and both byte orders."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "a.c").write_text(SOURCE)
    command = [str(zig()), "cc", "-target", request.param, "-g", "-shared", "-fPIC", "-nostdlib", "-Wl,--build-id=sha1"]
    subprocess.run([*command, "-o", "a.so", "a.c"], check=True, cwd=folder, stdin=subprocess.DEVNULL)
    return (folder / "a.so").read_bytes()


def sections(data: bytes) -> set[str]:
    return {section.name for section in ElfFile.parse(data).sections}


def test_what_is_loaded_stays_byte_for_byte(library: bytes) -> None:
    before, after = ElfFile.parse(library), ElfFile.parse(strip(library).data)
    assert before.segments == after.segments
    for segment in before.segments:
        if segment.offset:
            end = segment.offset + segment.filesz
            assert library[segment.offset : end] == strip(library).data[segment.offset : end]
    assert (before.build_id, before.needed, before.entry) == (after.build_id, after.needed, after.entry)
    assert [item.name for item in before.dynamic_symbols(library)] == [
        item.name for item in after.dynamic_symbols(strip(library).data)
    ]


def test_symbols_and_debugging_information_go_to_a_file_of_their_own(library: bytes) -> None:
    done = strip(library)
    assert done.debug is not None and len(done.data) < len(library)
    assert not sections(done.data) & {".symtab", ".strtab", ".debug_info"}
    assert {".symtab", ".strtab", ".debug_info", ".note.gnu.build-id"} <= sections(done.debug)
    about = ElfFile.parse(done.debug)
    assert about.build_id == done.build_id == ElfFile.parse(library).build_id
    names = {symbol.name: symbol.section for symbol in about.symbols(done.debug)}
    assert {"inner_name", "outer_name"} <= set(names)
    # Symbols say in which section they are: its number is the same in the file that has them now.
    original = ElfFile.parse(library)
    assert about.sections[names["inner_name"]].name == original.sections[names["inner_name"]].name == ".text"


def test_what_is_stripped_is_left_as_it_is(library: bytes) -> None:
    once = strip(library).data
    again = strip(once)
    assert again.data is once and again.debug is None


@pytest.mark.parametrize("data", [make_elf(kind=1, defined=["a"]), make_elf(kind=2, build_id=b"12345678")])
def test_objects_and_files_that_are_loaded_whole_are_left_alone(data: bytes) -> None:
    with pytest.raises(ElfUnstrippable):
        strip(data)
    assert list(members(make_ar({"a.o": data})))


def test_sections_that_share_bytes_are_refused_before_they_are_written_out_one_by_one(library: bytes) -> None:
    about = ElfFile.parse(library)
    size, at, form = (64, 24, "QQ") if about.bits == 64 else (40, 16, "II")
    rows = [number for number, section in enumerate(about.sections) if section.type == 1 and not section.flags & 2]
    start = min(about.sections[number].offset for number in rows)
    shoff = len(library) - size * len(about.sections)
    data = bytearray(library)
    for number in rows:
        struct.pack_into(f"{'<' if about.little_endian else '>'}{form}", data, shoff + number * size + at, start,
                         len(library) - start)  # fmt: skip
    with pytest.raises(InputError, match="share bytes"):
        strip(bytes(data))


def test_the_name_of_a_debug_file_is_that_of_the_build_id() -> None:
    assert debug_name("0123456789") == ".build-id/01/23456789.debug"


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_damage_is_refused_or_leads_to_a_file_that_can_be_read(library: bytes, data: st.DataObject) -> None:
    """Where headers and tables are, a byte decides what is read next."""
    damaged, tables = bytearray(library), ElfFile.parse(library).sections
    shoff = len(library) - 64 * len(tables)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.one_of(st.integers(0, 700), st.integers(shoff, len(library) - 1)))
        damaged[at] = data.draw(st.sampled_from([0, 1, 2, 8, 127, 255]))
    try:
        done = strip(bytes(damaged))
    except InputError:
        return
    ElfFile.parse(done.data)
