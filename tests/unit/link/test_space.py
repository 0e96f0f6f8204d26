"""The shares of a file add up to it, and everything in it belongs to somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.finish import finish
from pydist.link.image import FileRow, ImageSpec, ModuleFlag, ModuleRow
from pydist.link.space import Share, space_of
from tests.support.dist import stub

SITE = "lib/python3.14/site-packages"
RECORD = b"""pack/__init__.py,,
pack/core/fast.cpython-314.so,,
pack-1.0.dist-info/RECORD,,
pack/_vendor/inner-2.dist-info/RECORD,,
"""
INNER = b"../__init__.py,,\n"


def made(folder: Path, *more: FileRow) -> Share:
    (folder / "stub").write_bytes(stub())
    spec = ImageSpec(
        python_hex=1, pyc_magic=2, abi_tag="cpython-314",
        modules=(
            ModuleRow(name="json", path="lib/python3.14/json/__init__.py", code=b"j" * 40, flags=ModuleFlag.STDLIB),
            ModuleRow(name="pack", path=f"{SITE}/pack/__init__.py", code=b"p" * 7),
            ModuleRow(name="own", path=f"{SITE}/own.py", code=b"o" * 3),
        ),
        files=(
            FileRow(path="bin/pack", data=b"#!python"),
            FileRow(path="lib/python3.14/json/__init__.py", data=b"#" * 90),
            FileRow(path="share/zoneinfo/UTC", data=b"z" * 5),
            FileRow(path=f"{SITE}/own.py", data=b"#" * 4),
            FileRow(path=f"{SITE}/pack/__init__.py", data=b"#" * 20),
            FileRow(path=f"{SITE}/pack/core/fast.cpython-314.so", data=b"f" * 1000),
            FileRow(path=f"{SITE}/pack-1.0.dist-info/RECORD", data=RECORD),
            FileRow(path=f"{SITE}/pack/_vendor/inner-2.dist-info/RECORD", data=INNER),
            FileRow(path=f"{SITE}/pack/_vendor/__init__.py", data=b""),
            *more,
        ),
    )  # fmt: skip
    finish(folder / "stub", spec, folder / "app")
    return space_of(folder / "app")


def sizes(share: Share) -> dict[str, int]:
    return {part.name: part.size for part in share.parts}


def check(share: Share) -> None:
    assert not share.parts or sum(part.size for part in share.parts) == share.size
    assert [part.size for part in share.parts] == sorted((part.size for part in share.parts), reverse=True)
    for part in share.parts:
        check(part)


def test_everything_is_somebodys(tmp_path: Path) -> None:
    whole = made(tmp_path)
    check(whole)
    assert whole.size == (tmp_path / "app").stat().st_size
    groups = {part.name: part for part in whole.parts}
    assert groups.keys() == {"interpreter and run time", "standard library", "pack", "application", "tables"}
    assert groups["interpreter and run time"].size >= len(stub())
    assert sizes(groups["standard library"]) == {"code": 40, "sources": 90, "data": 5}
    assert sizes(groups["pack"]) == {"code": 7, "sources": 20, "native code": 1000, "data": len(RECORD + INNER)}
    assert sizes(groups["pack"].parts[0]) == {"pack/core": 1000}
    assert sizes(groups["application"]) == {"code": 3, "sources": 4, "data": 8}


@pytest.mark.parametrize("data", [b"\xff\xfe,,\n", b'"' + b"x" * 200_000, b"\0", b"a,b\n,,\n\n\n"])
def test_a_hostile_record_owns_nothing_else(tmp_path: Path, data: bytes) -> None:
    whole = made(tmp_path, FileRow(path=f"{SITE}/evil-1.dist-info/RECORD", data=data))
    check(whole)
    assert whole.size == (tmp_path / "app").stat().st_size
    assert sizes(next(part for part in whole.parts if part.name == "pack"))["native code"] == 1000


def test_what_is_no_application_is_refused(tmp_path: Path) -> None:
    (tmp_path / "app").write_bytes(stub())
    with pytest.raises(InputError, match="not one that pydist linked"):
        space_of(tmp_path / "app")
