"""The Python part of the run time: what importlib is told of the importer."""

from __future__ import annotations

import importlib
import sys
import types
import venv
from collections.abc import Iterator
from importlib import abc
from pathlib import Path

import pytest

from pydist.policy import resources


@pytest.fixture(autouse=True)
def _as_in_an_application(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    image = types.ModuleType("_pydist_image")
    image.Importer = type("Importer", (), {})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "_pydist_image", image)
    monkeypatch.syspath_prepend(resources.runtime() / "python")
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "_pydist"]:
        del sys.modules[name]


def test_the_importer_is_what_importlib_calls_one() -> None:
    importlib.import_module("_pydist.protocols").install()
    importer = sys.modules["_pydist_image"].Importer()
    assert isinstance(importer, abc.MetaPathFinder)


def test_environments_are_refused_for_the_applications_own_python_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(venv.EnvBuilder, "create", venv.EnvBuilder.create)
    importlib.import_module("_pydist.environments").install()
    with pytest.raises(RuntimeError, match="its Python is inside of its file"):
        venv.create(tmp_path / "env")
    assert not (tmp_path / "env").exists()
    (other := tmp_path / "python3").symlink_to(Path(sys.executable).resolve())
    monkeypatch.setattr(sys, "_base_executable", str(other))
    venv.create(tmp_path / "env", symlinks=True)
    assert (tmp_path / "env/pyvenv.cfg").is_file()
