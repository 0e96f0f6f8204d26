"""The output is never a file that the link reads, under whatever name it is given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pydist.errors import EnvironmentLacking, InputError
from pydist.link.app import Request
from pydist.link.finish import finish
from pydist.link.image import ImageSpec
from pydist.link.link import link
from pydist.store import Store
from tests.support.dist import stub

SPEC = ImageSpec(python_hex=1, pyc_magic=2, abi_tag="cpython-314", modules=(), files=())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project and a script with what they name, and other names of the same files."""
    folder = tmp_path / "src"
    (folder / "pkg").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "p"\nversion = "1"\n')
    (folder / "app.py").write_text(
        "# /// script\n# dependencies = ['d @ ./d-1-py3-none-any.whl']\n# [tool.pydist]\n# include = ['*.txt']\n# ///\n"
    )
    for name in ("pkg/a.py", "data.txt", "d-1-py3-none-any.whl", "w-1-py3-none-any.whl", "dist.tar.zst"):
        (folder / name).write_text(name)
    (tmp_path / "alias").symlink_to("src")
    os.link(folder / "app.py", tmp_path / "hard.py")
    return folder


@pytest.mark.parametrize(("app", "output"), [
    ("src/app.py", "src/../src/app.py"), ("src/app.py", "alias/app.py"), ("src/app.py", "hard.py"),
    ("src/app.py", "src/data.txt"), ("src/app.py", "src/w-1-py3-none-any.whl"), ("src/app.py", "src/dist.tar.zst"),
    ("src/app.py", "alias/d-1-py3-none-any.whl"),
    ("src", "src/pyproject.toml"), ("src", "alias/pkg/a.py"), ("src/w-1-py3-none-any.whl", "src/w-1-py3-none-any.whl"),
])  # fmt: skip
def test_an_input_is_not_overwritten(
    tmp_path: Path, folder: Path, app: str, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = Path(output).read_bytes()
    request = Request(
        app=app, output=Path(output), distribution="src/dist.tar.zst", with_=("src/w-1-py3-none-any.whl",)
    )
    with pytest.raises(InputError, match="name another file"):
        link(request, store=Store(tmp_path / "store"))
    assert Path(output).read_bytes() == before


def test_an_application_linked_before_into_the_project_is(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "stub").write_bytes(stub())
    finish(tmp_path / "stub", SPEC, folder / "tool")
    with pytest.raises(EnvironmentLacking, match="the store has no CPython"):
        link(Request(app=str(folder), output=folder / "tool"), store=Store(tmp_path / "store"))
