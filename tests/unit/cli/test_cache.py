"""`pydist cache` says what the store holds, and makes it smaller."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pydist.cli.main import main
from pydist.policy import resources
from pydist.store import Key, Store

KEY = Key.of("component", {})


def fill(out: Path) -> None:
    (out / "file").write_bytes(bytes(4))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PYDIST_CACHE", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody")
    store = Store.default()
    store.produce(KEY, "zlib", fill)
    (store.downloads / "0123456789abcdef-zlib.tar.gz").write_bytes(bytes(1000))
    (tmp_path / "work" / "component-1").mkdir()
    (tmp_path / "work" / "component-1" / "build.log").write_bytes(bytes(300))
    (tmp_path / "toolchain" / "global").mkdir(parents=True)
    (tmp_path / "toolchain" / "global" / "libc.a").write_bytes(bytes(70))
    return store


def report(capsys: pytest.CaptureFixture[str]) -> Any:
    document = json.loads(capsys.readouterr().out)
    schema = json.loads((resources.schema() / "cache-report-1.schema.json").read_text())
    jsonschema.validate(document, schema)
    return document


def test_the_list_has_results_downloads_unfinished_work_and_the_compilers_cache(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["cache", "list", "--json"]) == 0
    document = report(capsys)
    found = {item["area"]: (item["path"], item["label"], item["size"], item.get("key")) for item in document["items"]}
    assert found == {
        "nodes": (f"nodes/{KEY.name}", "zlib", 4, str(KEY)),
        "downloads": ("downloads/0123456789abcdef-zlib.tar.gz", "zlib.tar.gz", 1000, None),
        "work": ("work/component-1", "unfinished", 300, None),
        "toolchain": ("toolchain/global", "compiler cache", 70, None),
    }
    assert document["size"] == 1374


def test_collect_says_what_it_removed(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    os.utime(store.root / "nodes" / KEY.name / "node.json", (0, 0))
    assert main(["cache", "collect", "--json", "--older-than", "7"]) == 0
    assert [item["key"] for item in report(capsys)["items"]] == [str(KEY)]
    assert main(["cache", "list", "--json"]) == 0
    assert [item["area"] for item in report(capsys)["items"]] == ["downloads", "work", "toolchain"]


def test_people_see_sums_per_area(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    (store.downloads / "0123456789abcdef-big.tar.gz").write_bytes(bytes(2_000_000))
    assert main(["cache", "list"]) == 0
    text = capsys.readouterr().out
    assert "downloads 2.0" in text and "toolchain 0.0" in text
    assert main(["cache", "path"]) == 0
    assert capsys.readouterr().out.replace("\n", "") == str(store.root)
