"""Which files of the user a link reads: the output must be none of them.

Invariant: every file that the application or its requirements name by a path is listed, whether it exists or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydist.link.app import AppKind, AppSpec
from pydist.link.own import included
from pydist.link.project import source_files

__all__ = ["input_files"]


def input_files(app: AppSpec) -> Iterator[Path]:
    """The files that a link of `app` reads, those of folders one by one."""
    if app.path is not None:
        yield from _files(app.path)
        if app.kind is AppKind.SCRIPT:
            yield from included(app.path, app.settings.include)
    base = Path() if app.path is None else app.folder or app.path.parent
    for requirement in app.requirements:
        if (path := _local(requirement, base)) is not None and path != app.path:
            yield from _files(path)
    if app.settings.distribution:
        yield from _files(Path(app.settings.distribution))


def _local(requirement: str, base: Path) -> Path | None:
    """The path in a requirement (`./a.whl`, `a @ file:///b.whl`), or None for one of the registry."""
    text = requirement.partition(";")[0].rpartition(" @ ")[2].strip()
    if "/" not in text and not text.endswith(".whl"):
        return None  # a bare name is the registry's, even where a file has it
    parts = urlsplit(text)
    path = base / (unquote(parts.path) if parts.scheme == "file" else text.partition("[")[0])
    return path if path.exists() else None


def _files(path: Path) -> Iterator[Path]:
    """`path`, or the files of the folder: of a project those that count, of a distribution all."""
    if not path.is_dir():
        yield path
    elif (path / "pyproject.toml").is_file():
        yield from source_files(path).values()
    else:
        yield from (item for item in path.rglob("*") if item.is_file())
