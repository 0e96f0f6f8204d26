"""An interpreter is asked what it is, and believed only as far as it makes sense."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from pydist.adopt.ask import NotAdoptable, ask
from tests.support.installed import answer, facts
from tests.support.said import interpreter

FIRST = {"implementation": "CPython", "version": "3.14.7"}


def said(tmp_path: Path, *answers: dict[str, Any] | str) -> object:
    return ask(interpreter(tmp_path / "usr/bin/python3.14", *answers), (), tmp_path)


def test_a_real_interpreter_says_what_it_is(tmp_path: Path) -> None:
    made = ask(Path(sys.executable).resolve(), (), tmp_path)
    assert made.version_info == tuple(map(str, sys.version_info))
    assert (made.prefix, made.hexversion, made.builtin) == (sys.base_prefix, sys.hexversion, sys.builtin_module_names)
    assert made.series == f"3.{sys.version_info[1]}"
    assert "userbase" not in made.config_vars


def test_it_sees_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    monkeypatch.setenv("_PYTHON_SYSCONFIGDATA_NAME", "nonsense")
    assert ask(Path(sys.executable).resolve(), (), tmp_path).prefix == sys.base_prefix


def test_the_answer_has_its_types(tmp_path: Path) -> None:
    prefix = tmp_path / "usr"
    assert said(tmp_path, FIRST, {"facts": facts(Path("@"))}) == answer(prefix)


@pytest.mark.parametrize("name", ["ls", "cat", "env"])
def test_a_program_that_is_no_python_is_refused_with_its_own_words_and_none_of_ours(tmp_path: Path, name: str) -> None:
    with pytest.raises(NotAdoptable, match=f"{name} is not a Python, or does not run: ") as caught:
        ask(Path("/bin", name), (), tmp_path)
    assert not [words for words in ("import", "sys.", "facts") if words in str(caught.value)]


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ({"implementation": "PyPy", "version": "3.11.15"}, r"is PyPy 3\.11\.15; only CPython"),
        ({"implementation": "CPython", "version": "2.7.18"}, r"CPython 2\.7\.18; expected 3\.8"),
        ({"implementation": "CPython", "version": "3.7.17"}, r"CPython 3\.7\.17; expected 3\.8"),
        ({"implementation": "CPython", "version": "3.x"}, "expected 3.8"),
        ({"implementation": "CPython", "version": "4.0.0"}, "expected 3.8"),
        ({"implementation": ["CPython"], "version": {}}, "only CPython"),
        (FIRST, "does not say what it is"),
        ("not JSON", "is not a Python, or does not run"),
        ("[1, 2]", "is not a Python, or does not run"),
        ("[" * 20_000, "is not a Python, or does not run"),
    ],
)
def test_what_is_no_cpython_is_refused(tmp_path: Path, first: dict[str, str] | str, expected: str) -> None:
    with pytest.raises(NotAdoptable, match=expected):
        said(tmp_path, first)


@pytest.mark.parametrize("change", [
    {"builtin": "sys"}, {"prefix": 3}, {"config_vars": {"A": 1}}, {"version_info": ["3", "14"]}, {"unknown": ""},
    {"hexversion": -1}, {"version": "3.14.8"}, {"implementation": "pypy"},
])  # fmt: skip
def test_answers_of_another_form_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(NotAdoptable, match=r"expected form|contradicts itself"):
        said(tmp_path, FIRST, {"facts": facts(Path("@"), **change)})


def test_a_program_that_is_none_is_refused_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(NotAdoptable, match="cannot be started") as raised:
        ask(tmp_path / "gone", (), tmp_path)
    assert len(str(raised.value).splitlines()) == 1


def test_libraries_are_those_of_the_variables() -> None:
    made = answer(Path("/usr"), config_vars={"LIBS": "-lz -lm", "MODLIBS": "-lssl  -lz -L/x -l$(X)", "SYSLIBS": "None"})
    assert made.libraries("LIBS", "SYSLIBS", "MODLIBS") == ("z", "m", "ssl")
    assert made.variable("SYSLIBS") == ""
