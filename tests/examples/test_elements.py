"""The application that newcomers link first: right in itself, and the same as one file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pydist.link.dist import Distribution

CHECKOUT = Path(__file__).resolve().parents[2]
PROJECT = CHECKOUT / "examples" / "elements"


@pytest.mark.parametrize(
    ("formula", "mass"),
    [("H", 1.008), ("H2O", 18.015), ("Ca(OH)2", 74.092), ("Al2(SO4)3", 342.132), ("(((He)))2", 8.0052)],
)
def test_a_formula_has_the_mass_of_its_atoms(monkeypatch: pytest.MonkeyPatch, formula: str, mass: float) -> None:
    monkeypatch.syspath_prepend(PROJECT / "src")
    from elements.formula import molar_mass

    assert molar_mass(formula) == pytest.approx(mass, abs=1e-4)


@pytest.mark.parametrize("formula", ["2H", "Xx", "H0", "(H", "H)", "h", "H O", "()0"])
def test_what_is_not_a_formula_is_refused(monkeypatch: pytest.MonkeyPatch, formula: str) -> None:
    monkeypatch.syspath_prepend(PROJECT / "src")
    from elements.formula import FormulaError, molar_mass

    with pytest.raises(FormulaError):
        molar_mass(formula)


@pytest.mark.slow
@pytest.mark.network
def test_linked_it_works_as_the_only_file_there_is(distribution: Distribution, tmp_path: Path) -> None:
    file = tmp_path / "root" / "elements"
    command = [sys.executable, "-m", "pydist", "link", str(PROJECT), "-o", str(file)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    words: list[str] = [str(file)]
    if os.geteuid() == 0 and (chroot := shutil.which("chroot")):
        words = [chroot, str(file.parent), "/elements"]
    done = subprocess.run([*words, "mass", "C8H10N4O2"], env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "C8H10N4O2  194.194 g/mol\n", "")
    failed = subprocess.run([*words, "mass", "Xx"], env={}, capture_output=True, text=True, check=False)
    assert failed.returncode == 2
    assert "there is no element 'Xx'" in failed.stderr
