"""Resolution is asked for the target, and nothing runs when nothing is required."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.app import Request, read_app
from pydist.link.resolve import Platform, resolve, run_uv
from pydist.progress import Silent
from pydist.target import Target
from tests.support.wheels import wheel

MUSL = Platform(python="3.14.7", target=Target.parse("x86_64-unknown-linux-musl"))


def test_markers_are_those_of_the_target() -> None:
    assert MUSL.markers["python_version"] == "3.14"
    assert MUSL.markers["sys_platform"] == "linux"
    assert MUSL.uv_name == "x86_64-unknown-linux-musl"


def test_a_threaded_python_has_the_wheels_of_all_interpreters_to_choose_from() -> None:
    threaded = Platform(python="3.14.7", target=MUSL.target, threaded=True)
    assert threaded.uv_options == ("--universal",)
    assert MUSL.uv_options == ("--python-platform", "x86_64-unknown-linux-musl")


def test_other_systems_are_refused() -> None:
    with pytest.raises(InputError, match="for Linux targets only"):
        _ = Platform(python="3.14.7", target=Target.parse("aarch64-apple-darwin")).markers


def test_a_script_without_dependencies_needs_no_resolver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "x.py").write_text("print()\n")
    assert resolve(read_app(Request(app=str(tmp_path / "x.py"))), MUSL, Silent()) == ()


@pytest.mark.parametrize(("wanted", "good"), [(">=3.12", True), (">=3.15", False), ("==3.14.*", True)])
def test_requires_python_is_held(tmp_path: Path, wanted: str, good: bool) -> None:
    path = tmp_path / "x.py"
    path.write_text(f"# /// script\n# requires-python = '{wanted}'\n# ///\n")
    app = read_app(Request(app=str(path)))
    if good:
        assert resolve(app, MUSL, Silent()) == ()
        return
    with pytest.raises(InputError, match=r"requires Python >=3\.15, the distribution is 3\.14\.7"):
        resolve(app, MUSL, Silent())


def test_a_specifier_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text("# /// script\n# requires-python = 'new'\n# ///\n")
    with pytest.raises(InputError, match="not a version specifier: 'new'"):
        resolve(read_app(Request(app=str(path))), MUSL, Silent())


def test_a_local_wheel_is_resolved_without_a_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    path = wheel(tmp_path, "demo", "1.0", {"demo.py": b""})
    (package,) = resolve(read_app(Request(app=str(path))), MUSL, Silent())
    assert (package.name, package.version) == ("demo", "1.0")
    assert package.wheels[0].url == path.as_uri()


def test_settings_of_the_folder_we_stand_in_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    path = wheel(tmp_path, "demo", "1.0", {"demo.py": b""})
    (tmp_path / "uv.toml").write_text("no-such-setting = 3\n")
    monkeypatch.chdir(tmp_path)
    (package,) = resolve(read_app(Request(app=path.name)), MUSL, Silent())
    assert package.name == "demo"


def test_a_lock_of_the_project_is_taken_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "demo"\nversion = "1"\ndependencies = ["other"]\n')
    (tmp_path / "pylock.toml").write_text(
        'lock-version = "1.0"\n[[packages]]\nname = "other"\nversion = "2"\n'
        f'wheels = [{{ url = "https://h/other-2-py3-none-any.whl", hashes = {{ sha256 = "{"ab" * 32}" }} }}]\n'
    )
    found = resolve(read_app(Request(app=str(tmp_path))), MUSL, Silent())
    assert [(package.name, package.version, package.folder) for package in found] == [
        ("demo", "", tmp_path.resolve()), ("other", "2", None)
    ]  # fmt: skip


@pytest.mark.parametrize("python", [">=3.14", ">=3.15"])
def test_a_further_requirement_does_not_drop_the_lock(tmp_path: Path, python: str) -> None:
    """Nor does the lock drop what the project says about Python."""
    for version in ("1", "2"):
        path = wheel(tmp_path, "other", version, {"other.py": b""})
    more = wheel(tmp_path, "more", "1", {"more.py": b""})
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nname = "demo"\nversion = "1"\ndependencies = ["other"]\nrequires-python = "{python}"\n'
        '[tool.uv]\nno-index = true\nfind-links = ["."]\n'
    )
    (tmp_path / "pylock.toml").write_text(
        'lock-version = "1.0"\n[[packages]]\nname = "other"\nversion = "1"\n'
        f'wheels = [{{ url = "{path.as_uri().replace("-2-", "-1-")}", hashes = {{}} }}]\n'
    )
    app = read_app(Request(app=str(tmp_path), with_=(str(more),)))
    if python == ">=3.15":
        with pytest.raises(InputError, match=r"requires Python >=3\.15"):
            resolve(app, MUSL, Silent())
        return
    found = {package.name: package.version for package in resolve(app, MUSL, Silent())}
    assert (found["other"], found["more"]) == ("1", "1")


def test_a_lock_that_is_out_of_date_is_told_with_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not with the option that pydist gives the resolver."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'demo'\nversion = '1'\nrequires-python = '>=3.11'\n")
    run_uv(["lock", "--quiet", "--python", sys.executable], what="locking", folder=tmp_path)
    app = read_app(Request(app=str(tmp_path)))
    assert [package.name for package in resolve(app, MUSL, Silent())] == ["demo"]
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'demo'\nversion = '1'\nrequires-python = '>=3.11,<4'\n")
    with pytest.raises(InputError, match=r"uv\.lock does not fit pyproject\.toml any more; run: uv lock$"):
        resolve(app, MUSL, Silent())


def test_what_the_resolver_says_reaches_the_user() -> None:
    with pytest.raises(InputError, match=r"(?s)resolving failed.*nonsense"):
        run_uv(["nonsense"], what="resolving", folder=Path())
