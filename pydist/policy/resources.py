"""Where the data files are that pydist reads: beside the package in a checkout, inside it in an installed wheel."""

from __future__ import annotations

from pathlib import Path

__all__ = ["builders", "containers", "runtime", "schema"]

_PACKAGE = Path(__file__).resolve().parent.parent


def _data(name: str) -> Path:
    installed = _PACKAGE / "_data" / name
    return installed if installed.is_dir() else _PACKAGE.parent / name


def builders() -> Path:
    """The recipes: one folder per component, and `targets.toml`."""
    return _data("builders")


def schema() -> Path:
    """The published JSON Schemas."""
    return _data("schema")


def containers() -> Path:
    """The Dockerfiles."""
    return _data("containers")


def runtime() -> Path:
    """The C sources and Python modules that every linked application carries."""
    return _PACKAGE / "runtime"
