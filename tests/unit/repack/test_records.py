"""What installers recorded of packages holds after repacking, and nothing else of it is touched."""

from __future__ import annotations

import base64
import csv
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pydist.archive.source import open_source
from pydist.repack import Request, repack
from pydist.repack.profile import profile_named
from pydist.validate import validate
from tests.support import tiny
from tests.support.zig import zig

SITE = "python/install/lib/python3.14/site-packages"
RECORD = "wheel-1.dist-info/RECORD"


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A wheel with a library that has symbols, tests and a header is installed."""
    (tmp_path / "a.c").write_text("static int helper(int a) { return a; } int twice(int a) { return helper(a) * 2; }")
    command = [str(zig()), "cc", "-target", "x86_64-linux-musl", "-g", "-shared", "-o", "a.so", "a.c"]
    subprocess.run(command, check=True, cwd=tmp_path)
    library = (tmp_path / "a.so").read_bytes()
    files = {"wheel/a.so": library, "wheel/tests/test_a.py": b"1", "../../../include/python3.14/wheel.h": b"//",
             "wheel/other.py": b"2"}  # fmt: skip
    rows = "".join(f'"{name}",sha256={digest(data)},{len(data)}\r\n' for name, data in files.items())

    def change(_manifest: dict[str, Any], content: tiny.Members) -> None:
        content |= {f"{SITE}/{name}": data for name, data in files.items() if not name.startswith("..")}
        content["python/install/include/python3.14/wheel.h"] = b"//"
        content[f"{SITE}/{RECORD}"] = f"{rows}wheel/lost.py,sha256=AAAA,1\r\n{RECORD},,\r\n".encode()

    return tiny.pack(tmp_path / "cpython-3.14.7-x86_64-unknown-linux-musl-noopt+static-full.tar",
                     tiny.distribution(change))  # fmt: skip


def digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def made(source: Path, to: str) -> Path:
    return Path(repack(Request(source=source, profile=profile_named(to), output=f"{source.parent}/{to}.zip")).output)


def content(path: Path, name: str) -> bytes:
    with open_source(path) as source:
        return next(member.read() for member in source.members() if member.entry.path.endswith(f"site-packages/{name}"))


def test_records_tell_what_was_stripped_and_not_what_was_left_out(full: Path) -> None:
    path = made(full, "minimal")
    library = content(path, "wheel/a.so")
    assert len(library) < len(content(full, "wheel/a.so"))
    rows = {row[0]: row[1:] for row in csv.reader(content(path, RECORD).decode().splitlines())}
    assert rows.keys() == {"wheel/a.so", "wheel/other.py", "wheel/lost.py", RECORD}
    assert rows["wheel/a.so"] == [f"sha256={digest(library)}", str(len(library))]
    assert rows["wheel/lost.py"] == ["sha256=AAAA", "1"], "what was wrong before stays to be seen"
    found = [item.message for item in validate(path, run=False).findings if item.rule == "python.package-record"]
    assert found == ["'wheel/lost.py': not there"]


def test_records_of_what_stays_as_it_is_keep_their_bytes(full: Path) -> None:
    assert content(made(full, "install-only"), RECORD) == content(full, RECORD)


def test_repacked_twice_is_unchanged(full: Path) -> None:
    once = made(full, "minimal").read_bytes()
    again = full.parent / "again.zip"
    (full.parent / "minimal.zip").rename(again)
    assert made(again, "minimal").read_bytes() == once
