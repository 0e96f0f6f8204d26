"""A manifest can be read without its distribution, and other JSON is not taken for one."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.manifest.alone import FULL, read_alone
from pydist.manifest.compact import COMPACT
from tests.support import tiny


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_content_tells_which_manifest_a_file_is_and_not_its_name(tmp_path: Path) -> None:
    full = json.dumps(tiny.manifest()).encode()
    assert read_alone(written(tmp_path / "a.txt", b"\n" + full)) == (FULL, b"\n" + full)
    compact = b'{"manifest_sha256": "", "python_version": ""}'
    assert read_alone(written(tmp_path / "b", compact)) == (COMPACT, compact)


def test_what_is_no_file_with_an_object_is_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    others = [tmp_path, tmp_path / "pipe", tmp_path / "not there", tiny.pack(tmp_path / "a.tar", tiny.distribution())]
    others += [written(tmp_path / "empty", b""), written(tmp_path / "list.json", b'["python_version"]')]
    assert [read_alone(path) for path in others] == [None] * len(others)


def test_other_json_and_what_is_too_large_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"package\.json is JSON, but no PYTHON\.json"):
        read_alone(written(tmp_path / "package.json", b'{"name": "left-pad"}'))
    large = written(tmp_path / "large", b'{"python_version"')
    os.truncate(large, (16 << 20) + 1)
    with pytest.raises(InputError, match="more than a manifest may have"):
        read_alone(large)
