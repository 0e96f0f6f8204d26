"""A lock becomes typed rows, or a list of everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydist.errors import InputError
from pydist.link.lock import LockedPackage, parse_lock

SHA = "ab" * 32
LINUX = {"sys_platform": "linux", "python_version": "3.14"}


def read(text: str, base: Path = Path("/base")) -> tuple[LockedPackage, ...]:
    return parse_lock(f'lock-version = "1.0"\n{text}', "pylock.toml", base, LINUX)


def test_wheels_and_source_archives_are_read() -> None:
    (package,) = read(
        f"""
        [[packages]]
        name = "Foo_Bar"
        version = "1"
        sdist = {{ url = "https://h/foo_bar-1.tar.gz", size = 5, hashes = {{ sha256 = "{SHA}" }} }}
        wheels = [{{ url = "https://h/foo_bar-1-py3-none-any.whl#x", hashes = {{ sha256 = "{SHA}" }} }}]
        """
    )
    assert (package.name, package.version) == ("foo-bar", "1")
    assert package.sdist is not None
    assert package.sdist.size == 5
    assert [(wheel.name, wheel.size) for wheel in package.wheels] == [("foo_bar-1-py3-none-any.whl", None)]


def test_paths_stand_below_the_lock(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    one, two = read(
        '[[packages]]\nname="a"\ndirectory={path="sub"}\n[[packages]]\nname="b"\narchive={path="b-1-py3-none-any.whl"}',
        tmp_path,
    )
    assert one.folder == tmp_path / "sub"
    assert two.wheels[0].url == (tmp_path / "b-1-py3-none-any.whl").as_uri()


def test_packages_of_other_platforms_are_left_out() -> None:
    text = "\n".join(
        f'[[packages]]\nname="{name}"\nmarker="sys_platform == \'{platform}\'"\n'
        f'wheels=[{{url="https://h/{name}-1-py3-none-any.whl",hashes={{sha256="{SHA}"}}}}]'
        for name, platform in (("a", "linux"), ("b", "win32"))
    )
    assert [package.name for package in read(text)] == ["a"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[packages]]\nname="a"\n', r"packages\[0\]: a has no wheel"),
        ('[[packages]]\nname="a"\nwheels=3\n', "wheels: expected a list, found int"),
        ('[[packages]]\nname="a"\nwheels=[3]\n', r"wheels\[0\]: expected a table"),
        ('[[packages]]\nname="a"\nwheels=[{url="https://h/a.whl"}]\n', "hashes.sha256: expected 64 hexadecimal digits"),
        ('[[packages]]\nname="a"\nwheels=[{hashes={}}]\n', "url: missing"),
        ('[[packages]]\nname="a"\nvcs={url="x"}\n', "comes from version control"),
        ('[[packages]]\nname="a"\ndirectory={path="nowhere"}\n', "no such folder"),
        ('[[packages]]\nname="a"\nmarker="x ~ y"\n', "not an environment marker"),
        ("[[packages]]\nname=3\n", "expected a package's name"),
        ("packages = 3", "expected a list of tables"),
    ],
)
def test_every_fault_has_its_place(text: str, expected: str) -> None:
    with pytest.raises(InputError, match=expected):
        read(text)


def test_another_version_of_the_format_is_refused() -> None:
    with pytest.raises(InputError, match=r"lock-version: expected 1\.x, found '2\.0'"):
        parse_lock('lock-version = "2.0"', "f", Path(), LINUX)
