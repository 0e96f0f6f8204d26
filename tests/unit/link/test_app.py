"""What stands on the command line is recognised as what it is, or refused with what was expected."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.app import AppKind, Request, read_app
from pydist.link.finish import finish
from pydist.link.image import ImageSpec
from pydist.link.inputs import input_files
from tests.support.dist import stub


def project(folder: Path, text: str = '[project]\nname = "My.Tool"\nversion = "1"\n') -> Path:
    (folder / "pyproject.toml").write_text(text)
    return folder


def test_a_folder_with_pyproject_is_a_project(tmp_path: Path) -> None:
    app = read_app(Request(app=str(project(tmp_path))))
    assert (app.kind, app.name, app.package) == (AppKind.PROJECT, "My.Tool", "my-tool")
    assert app.requirements == (str(tmp_path.resolve()),)
    assert app.folder == tmp_path.resolve()


def test_a_folder_without_pyproject_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected .*pyproject\.toml"):
        read_app(Request(app=str(tmp_path)))


def test_a_project_without_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"project\.name: expected the project's name, found None"):
        read_app(Request(app=str(project(tmp_path, "[tool.x]\n"))))


def test_a_file_is_a_script_with_its_dependencies(tmp_path: Path) -> None:
    path = tmp_path / "tool.py"
    path.write_text("# /// script\n# dependencies = ['idna>=3']\n# requires-python = '>=3.12'\n# ///\n")
    app = read_app(Request(app=str(path)))
    assert (app.kind, app.name, app.package) == (AppKind.SCRIPT, "tool", "")
    assert (app.requirements, app.requires_python) == (("idna>=3",), ">=3.12")


@pytest.mark.parametrize("line", ["dependencies = 'idna'", "dependencies = [1]", "requires-python = 3"])
def test_wrong_types_in_a_block_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "tool.py"
    path.write_text(f"# /// script\n# {line}\n# ///\n")
    with pytest.raises(InputError, match="expected a"):
        read_app(Request(app=str(path)))


def test_a_wheel_is_named_by_its_file(tmp_path: Path) -> None:
    path = tmp_path / "My_Tool-1.0-py3-none-any.whl"
    path.touch()
    app = read_app(Request(app=str(path)))
    assert (app.kind, app.name) == (AppKind.WHEEL, "my-tool")
    assert app.requirements == (f"my-tool @ {path.resolve().as_uri()}",)


def test_a_wheel_with_a_wrong_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tool.whl").touch()
    with pytest.raises(InputError, match="expected a wheel's file name"):
        read_app(Request(app=str(tmp_path / "tool.whl")))


@pytest.mark.parametrize("text", ["httpie", "httpie==3.2.4", "HTTPie[socks]>=3"])
def test_anything_else_is_a_requirement(text: str) -> None:
    app = read_app(Request(app=text))
    assert (app.kind, app.name, app.path) == (AppKind.REQUIREMENT, "httpie", None)


WRONG = ["./missing", "missing.py", "a/b", "", ".x", "x y", "-x", "httpie==", "httpie/", "a\\b", "a@b/c", "a.zip"]


@pytest.mark.parametrize("text", WRONG)
def test_what_is_neither_file_nor_requirement_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="requirement"):
        read_app(Request(app=text))


def test_flags_override_settings_and_requirements_add_up(tmp_path: Path) -> None:
    text = '[project]\nname = "x"\n[tool.pydist]\npython = "3.13"\ntarget = "t"\nmodule = "x.y"\nwith = ["a"]\n'
    request = Request(app=str(project(tmp_path, text)), python="3.14", scripts=("s",), with_=("b",))
    settings = read_app(request).settings
    assert (settings.python, settings.target, settings.with_) == ("3.14", "t", ("a", "b"))
    assert (settings.scripts, settings.module) == (("s",), None)


def test_script_and_module_exclude_each_other() -> None:
    with pytest.raises(InputError, match="exclude each other"):
        read_app(Request(app="x", scripts=("a",), module="b"))


def test_a_script_has_no_other_scripts(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("")
    with pytest.raises(InputError, match="is a script itself"):
        read_app(Request(app=str(tmp_path / "tool.py"), scripts=("x",)))


def test_what_is_there_is_not_looked_up_on_the_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("gone").symlink_to("nowhere")
    for name in ("pipe", "gone"):
        with pytest.raises(InputError, match="neither a plain file nor a folder"):
            read_app(Request(app=name))


def test_only_a_bare_name_is_from_the_registry(tmp_path: Path) -> None:
    assert read_app(Request(app="httpie[x]==1; python_version > '3'")).from_registry
    assert not read_app(Request(app="httpie @ https://example.com/httpie-1-py3-none-any.tgz")).from_registry
    assert not read_app(Request(app=str(project(tmp_path)))).from_registry


def test_a_file_that_was_linked_before_does_not_stand_for_the_package_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stub").write_bytes(stub())
    image = ImageSpec(python_hex=1, pyc_magic=2, abi_tag="cpython-314", modules=(), files=())
    finish(tmp_path / "stub", image, tmp_path / "cowsay")
    app = read_app(Request(app="cowsay"))
    assert app.kind is AppKind.REQUIREMENT
    assert list(input_files(app)) == [], "linking it again may replace the file"
    with pytest.raises(InputError, match="linked already"):
        read_app(Request(app="./cowsay"))
