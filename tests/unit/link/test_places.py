"""Data for systems that have none of their own."""

from __future__ import annotations

import tarfile

from pydist.link import places

COMPILED = (0o432, 0o1036)  # term(5): with 16-bit and with 32-bit numbers


def test_every_terminal_is_described_by_a_compiled_file_of_its_name() -> None:
    names = []
    with tarfile.open(places._TERMINALS) as archive:
        for member in archive:
            file = archive.extractfile(member)
            assert file is not None
            data = file.read()
            size = int.from_bytes(data[2:4], "little")
            known = data[12 : 12 + size].rstrip(b"\0").decode().split("|")
            folder, _, name = member.name.partition("/")
            assert (int.from_bytes(data[:2], "little") in COMPILED, folder) == (True, name[0])
            assert name in known
            names.append(name)
    assert {"xterm-256color", "linux", "tmux-256color", "screen", "vt100", "dumb"} <= set(names)
    assert names == sorted(names)
