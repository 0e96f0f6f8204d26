"""The builder, killed halfway and started again in another folder: the same bytes as an undisturbed build."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pydist.link.dist import Distribution
from pydist.policy import recipes, resources
from pydist.store import Store

pytestmark = pytest.mark.slow


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.glob("cpython-*"))}


def command(output: Path) -> list[str]:
    return [sys.executable, "-m", "pydist", "build", "--quiet", "--tag", "test", "--output", str(output)]


@pytest.fixture(scope="module")
def downloads(distribution: Distribution, store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archives that the first build fetched, under their own names."""
    folder = tmp_path_factory.mktemp("downloads")
    for recipe in recipes.load_all().values():
        for release in recipe.releases:
            for origin in release.origins:
                fetched = store.downloads / f"{origin.sha256[:16]}-{origin.filename}"
                if fetched.is_file():
                    (folder / origin.filename).symlink_to(fetched)
    return folder


def test_a_killed_build_goes_on_where_it_stood_and_gives_the_same_bytes_in_another_folder(
    distribution: Distribution, downloads: Path, tmp_path: Path
) -> None:
    subprocess.run(command(tmp_path / "first"), check=True, stdin=subprocess.DEVNULL)

    other = Store(tmp_path / "another" / "store-of-another-length")
    environment = {**os.environ, "PYDIST_CACHE": str(other.root), "PYDIST_DOWNLOADS": str(downloads)}
    disturbed = subprocess.Popen(command(tmp_path / "second"), env=environment, stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 600
    while not list(other.nodes()) and disturbed.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
    disturbed.send_signal(signal.SIGKILL)
    disturbed.wait()
    made = {node.key: (node.path / "node.json").stat().st_ino for node in other.nodes()}
    assert made
    assert digests(tmp_path / "second") == {}

    subprocess.run(command(tmp_path / "second"), check=True, env=environment, stdin=subprocess.DEVNULL)
    after = {node.key: (node.path / "node.json").stat().st_ino for node in other.nodes()}
    assert {key: after[key] for key in made} == made, "what was complete was made again"
    assert digests(tmp_path / "first") == digests(tmp_path / "second")
    assert len(digests(tmp_path / "first")) == 2


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
