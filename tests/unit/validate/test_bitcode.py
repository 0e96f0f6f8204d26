"""Bitcode stands beside native objects, and nowhere else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pydist.validate import validate
from tests.support import tiny, tiny_gnu

NATIVE, CODE = "build/Python/core.o", "build/bitcode/Python/core.o"
BITCODE = b"BC\xc0\xde"


def judged(tmp_path: Path, objects: dict[str, str] | None, data: bytes | None = BITCODE) -> list[tuple[str, str]]:
    def change(manifest: dict[str, Any], members: tiny.Members) -> None:
        manifest |= {"build_options": "lto", "optimizations": "lto"}
        if data is not None:
            members[f"python/{CODE}"] = data

    record = {} if objects is None else {"bitcode": {"llvm": "22.1.8", "objects": objects}}
    content = tiny_gnu.distribution(change, record)
    return [(f.rule, f.where) for f in validate(tiny.pack(tmp_path / "a.tar", content), run=False).findings]


def test_native_objects_with_bitcode_beside_them_have_no_findings(tmp_path: Path) -> None:
    assert judged(tmp_path, {NATIVE: CODE}) == []
    assert judged(tmp_path, None, data=None) == []


@pytest.mark.parametrize(
    ("objects", "data"),
    [
        ({NATIVE: CODE}, None),
        ({NATIVE: CODE}, tiny.core_o()),
        ({NATIVE: NATIVE}, None),
        ({"build/Python/lost.o": CODE}, BITCODE),
        ({CODE: CODE}, BITCODE),
    ],
)
def test_a_pair_that_is_none_is_found(tmp_path: Path, objects: dict[str, str], data: bytes | None) -> None:
    (native,) = objects
    found = judged(tmp_path, objects, data)
    assert ("bitcode.pair", f"build/pydist.json: bitcode.objects.{native}") in found
    assert {rule for rule, _ in found} == {"bitcode.pair"}


def test_bitcode_that_nothing_speaks_of_is_found(tmp_path: Path) -> None:
    assert judged(tmp_path, None) == [("bitcode.pair", CODE)]
