"""A rebuild, killed halfway and started again in another folder: the same bytes as an undisturbed build."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pydist.archive.entry import Kind
from pydist.archive.source import open_source
from pydist.archive.write import TarWriter
from pydist.link.dist import Distribution
from pydist.policy import recipes, resources
from pydist.store import Store

pytestmark = pytest.mark.slow


def digests(folder: Path) -> dict[str, str]:
    """By the end of the name: tags differ, contents must not. The statement names the files, so it differs."""
    found = {}
    for end in ("-full.tar.zst", "-install_only.tar.gz", ".cdx.json"):
        for path in folder.glob(f"cpython-*{end}"):
            found[end] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def command(output: Path) -> list[str]:
    return [sys.executable, "-m", "pydist", "build", "--quiet", "--tag", "test", "--output", str(output)]


def changed(archive: Path, name: str, copy: Path) -> Path:
    """The archive with one byte of one file turned."""
    with open_source(archive) as source, TarWriter(copy, "zst", 3) as tar:
        for member in source.members():
            entry = member.entry
            if entry.kind is Kind.SYMLINK:
                tar.add_symlink(entry.path, entry.link or "")
                continue
            data = member.read()
            if entry.path == name:
                data = data[:100] + bytes([data[100] ^ 1]) + data[101:]
            tar.add_bytes(entry.path, data, entry.mode)
    return copy


@pytest.fixture(scope="module")
def downloads(distribution: Distribution, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives that the first build fetched, under their own names."""
    folder = tmp_path_factory.mktemp("downloads")
    for recipe in recipes.load_all().values():
        for release in recipe.releases:
            for origin in release.origins:
                fetched = store.downloads / f"{origin.sha256[:16]}-{origin.filename}"
                if fetched.is_file() and not (folder / origin.filename).is_symlink():
                    (folder / origin.filename).symlink_to(fetched)
    return folder


def test_a_killed_rebuild_goes_on_where_it_stood_gives_the_same_bytes_and_tells_a_changed_one(
    distribution: Distribution, downloads: Path, tmp_path: Path
) -> None:
    subprocess.run(command(tmp_path / "first"), check=True, stdin=subprocess.DEVNULL)
    (archive,) = (tmp_path / "first").glob("*-full.tar.zst")

    kept = tmp_path / "another" / "folder-of-another-length"
    other = Store(kept / "store")
    again = [sys.executable, "-m", "pydist", "rebuild", "--keep", str(kept), "--json", "--downloads", str(downloads)]
    disturbed = subprocess.Popen([*again, str(archive)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while not list(other.nodes()) and disturbed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    disturbed.send_signal(signal.SIGKILL)
    disturbed.wait()
    made = {node.key: (node.path / "node.json").stat().st_ino for node in other.nodes()}
    assert made
    assert digests(kept / "dist") == {}

    rebuilt = subprocess.run([*again, str(archive)], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    after = {node.key: (node.path / "node.json").stat().st_ino for node in other.nodes()}
    assert {key: after[key] for key in made} == made, "what was complete was made again"
    assert rebuilt.returncode == 0, rebuilt.stdout
    assert json.loads(rebuilt.stdout)["identical"] is True
    assert digests(tmp_path / "first") == digests(kept / "dist")
    assert len(digests(kept / "dist")) == 3

    name = "install/lib/python3.14/this.py"
    forged = changed(archive, f"python/{name}", tmp_path / "forged.tar.zst")
    compared = subprocess.run([*again, str(forged)], stdin=subprocess.DEVNULL, capture_output=True, check=False)
    report = json.loads(compared.stdout)
    assert compared.returncode == 1
    assert [(row["path"], row["change"]) for row in report["files"]] == [(name, "bytes")]
    assert "which is what was rebuilt: it was changed after the build" in report["files"][0]["details"][0]
    line = (distribution.root / name).read_bytes()[:100].count(b"\n") + 1
    assert f"line {line} of the first" in report["files"][0]["details"][1]
    assert report["inputs"] == []


def test_a_build_script_that_fails_ends_with_its_command_its_last_lines_and_exit_code_3(
    downloads: Path, tmp_path: Path
) -> None:
    # The recipes of this pydist with other scripts.
    shutil.copytree(resources.builders(), tmp_path / "builders")
    for script in (tmp_path / "builders").glob("*/build.sh"):
        script.write_text("echo the last word of $VERSION\nexit 7\n")
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from pydist.policy import resources\n"
        "folder = Path(sys.argv.pop(1))\n"
        "resources.builders = lambda: folder\n"
        "from pydist.cli.main import main\n"
        "sys.exit(main())\n"
    )
    environment = {**os.environ, "PYDIST_CACHE": str(tmp_path / "store"), "PYDIST_DOWNLOADS": str(downloads)}
    arguments = command(tmp_path / "out")[3:]
    failed = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "builders"), *arguments],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert failed.returncode == 3, failed.stderr
    assert "failed with exit code 7" in failed.stderr
    assert "the last word of" in failed.stderr
    assert "command: /bin/sh" in failed.stderr
    log = failed.stderr.partition("whole log: ")[2].split("\n")[0].strip()
    assert "the last word of" in Path(log).read_text()
    assert digests(tmp_path / "out") == {}
