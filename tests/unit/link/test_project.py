"""What counts of a project's folder is digested and copied; what tools leave there is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pydist.link.finish import finish
from pydist.link.image import ImageSpec
from pydist.link.project import copy_project, project_digest, source_files
from tests.support.dist import stub

SPEC = ImageSpec(python_hex=1, pyc_magic=2, abi_tag="cpython-314", modules=(), files=())


def put(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


def test_a_projects_digest_follows_its_sources_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("1")
    first = project_digest(tmp_path)
    for name in (".venv/x", "__pycache__/a.pyc", "dist/app", "node_modules/y"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    (tmp_path / "stub").write_bytes(stub())
    finish(tmp_path / "stub", SPEC, tmp_path / "linked")
    (tmp_path / "stub").unlink()
    assert project_digest(tmp_path) == first
    for name in ("a.py", "pkg/build/b.py", "pkg/.data"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("2")
        changed = project_digest(tmp_path)
        assert changed != first
        first = changed


def test_a_projects_digest_follows_its_commit(tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/a.py").write_text("1")
    (tmp_path / ".git/refs/heads").mkdir(parents=True)
    (tmp_path / ".git/refs/heads/main").write_text("1\n")
    first = project_digest(tmp_path / "p")
    (tmp_path / ".git/refs/heads/main").write_text("2\n")
    assert project_digest(tmp_path / "p") != first


def test_what_tools_leave_does_not_count(tmp_path: Path) -> None:
    put(
        tmp_path,
        "build/lib/p/__init__.py",
        "dist/p.whl",
        "my-env/pyvenv.cfg",
        "my-env/x.py",
        ".tox/x",
        "src/p.egg-info/x",
    )
    put(tmp_path, "src/p/__init__.py", "src/p/__pycache__/x.pyc")
    assert list(source_files(tmp_path)) == ["src/p/__init__.py"]


def test_packages_of_such_names_count(tmp_path: Path) -> None:
    names = ["build/__init__.py", "dist/__init__.py", "p/lib.so", "venv/__init__.py"]
    put(tmp_path, *names)
    (tmp_path / "p/lib.so").write_bytes(stub())
    assert list(source_files(tmp_path)) == names


def test_a_folder_with_a_dot_counts_when_the_project_mentions_it(tmp_path: Path) -> None:
    put(tmp_path, ".github/README.md", ".idea/x")
    (tmp_path / "pyproject.toml").write_text('[project]\nreadme = ".github/README.md"\n')
    assert list(source_files(tmp_path)) == [".github/README.md", "pyproject.toml"]


def test_links_to_folders_are_followed_and_circles_are_not(tmp_path: Path) -> None:
    put(tmp_path, "p/a.py", "other/b.py")
    for link, to in (("p/up", ".."), ("p/root", "/"), ("p/linked", "../../other"), ("p/self", ".")):
        (tmp_path / link).symlink_to(to)
    (tmp_path / "p/linked").unlink()
    (tmp_path / "p/linked").symlink_to("../other")
    (tmp_path / "other/back").symlink_to("../p")
    assert list(source_files(tmp_path / "p")) == ["a.py", "linked/b.py"]
    first = project_digest(tmp_path / "p")
    (tmp_path / "other/b.py").write_text("changed")
    assert project_digest(tmp_path / "p") != first


@pytest.mark.parametrize("further", [False, True])
def test_a_copy_is_as_clean_a_checkout_as_the_project(tmp_path: Path, further: bool) -> None:
    """Back-ends write into the version that files are missing."""

    def git(*command: str, folder: Path) -> str:
        options = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main"]
        done = subprocess.run(["git", *options, *command], cwd=folder, check=True, capture_output=True, text=True)
        return done.stdout

    repository = put(tmp_path / "r", "p/a.py", "p/.hidden/x", "other/y")
    (repository / "p/link").symlink_to("a.py")
    git("init", "-q", folder=repository)
    git("add", "-f", ".", folder=repository)
    git("commit", "-qm", "x", folder=repository)
    git("tag", "v1", folder=repository)
    if further:
        git("worktree", "add", "-q", str(tmp_path / "w"), folder=repository)
        repository = tmp_path / "w"
    first = project_digest(repository / "p")
    copy = copy_project(repository / "p", tmp_path / "scratch")
    assert git("describe", "--tags", "--dirty", folder=copy) == "v1\n"
    (copy / "a.py").write_text("changed")
    assert git("describe", "--tags", "--dirty", folder=copy) == "v1-dirty\n"
    assert git("describe", "--tags", "--dirty", folder=repository) == "v1\n"
    git("commit", "-q", "--allow-empty", "-m", "y", folder=repository)
    assert project_digest(repository / "p") != first
