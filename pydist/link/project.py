"""A project's folder as a build sees it: which of its files count, their digest, and a copy of exactly those.

Invariant: a wheel is built from the files that its key is made of and from no others, and nothing is written into
the user's folder.
"""

from __future__ import annotations

import mmap
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pydist.binary.elf_edit import ElfUnfit, find_segment
from pydist.link.image import MAGIC
from pydist.store import Key, digest_file

__all__ = ["copy_project", "is_application", "project_digest", "project_rows", "source_files"]

# What a project's tools leave in its own folder, unless there are modules directly in it.
_LEFT_BY_TOOLS = frozenset({"build", "dist", "node_modules"})


def source_files(folder: Path) -> dict[str, Path]:
    """The files that a wheel of the project in `folder` can depend on: name below it, with `/`, to path.

    Links to folders are followed. Left out are what tools leave behind (caches, build folders, environments, names
    with a dot in front that `pyproject.toml` does not mention) and applications that were linked into the folder.
    """
    pyproject = folder / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8", errors="replace") if pyproject.is_file() else ""
    return dict(sorted(_walk(folder, "", (Path(os.path.realpath(folder)),), text)))


def _walk(folder: Path, prefix: str, chain: tuple[Path, ...], pyproject: str) -> Iterator[tuple[str, Path]]:
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    package = any(entry.name == "__init__.py" for entry in entries)
    for entry in entries:
        path, name = Path(entry.path), prefix + entry.name
        if entry.is_file():
            if package or not is_application(path):
                yield name, path
        elif entry.is_dir() and not _is_left_over(path, top=not prefix, in_package=package, pyproject=pyproject):
            real = Path(os.path.realpath(path))
            # A link to a folder that we are in, or above it, has no end.
            if not any(above.is_relative_to(real) for above in chain):
                yield from _walk(path, f"{name}/", (*chain, real), pyproject)


def _is_left_over(folder: Path, *, top: bool, in_package: bool, pyproject: str) -> bool:
    name = folder.name
    if name == "__pycache__" or (folder / "pyvenv.cfg").is_file():
        return True
    if name.endswith(".egg-info") and not in_package:
        return True
    if top and name.startswith("."):
        return name == ".git" or f"{name}/" not in pyproject
    return top and name in _LEFT_BY_TOOLS and not any(folder.glob("*.py"))


def is_application(path: Path) -> bool:
    """Whether the file is an application that pydist linked."""
    try:
        with path.open("rb") as file:
            if file.read(4) != b"\x7fELF":
                return False
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped, memoryview(mapped) as view:
                segment = find_segment(view, MAGIC)
                if segment is not None:
                    segment.release()
                return segment is not None
    except (OSError, ElfUnfit):
        return False


def project_rows(folder: Path) -> list[tuple[str, str, bool]]:
    """Name, digest and mode of the project's files, and where version control stands: some back-ends take the version
    from there."""
    files = source_files(folder)
    rows = [(name, digest_file(path), os.access(path, os.X_OK)) for name, path in files.items()]
    if (found := _git_folders(folder)) is not None:
        _, own, common = found
        heads = [own / "HEAD", common / "packed-refs", *sorted((common / "refs").rglob("*"))]
        rows += [(f"git:{path.name}:{number}", digest_file(path), False)
                 for number, path in enumerate(heads) if path.is_file()]  # fmt: skip
        rows += [(f"ref:{path.relative_to(common).as_posix()}", "", False) for path in heads[2:]]
    return rows


def project_digest(folder: Path) -> str:
    """The digest of all that a wheel of the project in `folder` can depend on."""
    return Key.of("project", {"files": project_rows(folder)}).digest


def copy_project(folder: Path, scratch: Path) -> Path:
    """Copy the project's files below `scratch`, with the state of version control, and return its folder there."""
    found = _git_folders(folder)
    top = folder if found is None else found[0]
    root = scratch / top.name
    copy = root / folder.relative_to(top)
    for name, path in source_files(folder).items():
        place = copy / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, place)
    if found is not None:
        _copy_git(found[1], found[2], root)
    return copy


def _git_folders(folder: Path) -> tuple[Path, Path, Path] | None:
    """The checkout that `folder` is in: its top, its git folder, and the one that it shares with other checkouts."""
    for top in (folder, *folder.parents):
        own = top / ".git"
        if own.is_file():  # of a submodule or a further checkout: gitdir: PATH
            own = top / own.read_text(encoding="utf-8", errors="replace").strip().removeprefix("gitdir: ")
        if (own / "HEAD").is_file() or own.is_dir():
            shared = own / "commondir"
            common = own / shared.read_text(encoding="utf-8").strip() if shared.is_file() else own
            return top, own, Path(os.path.realpath(common))
    return None


def _copy_git(own: Path, common: Path, root: Path) -> None:
    """Make `root` a further checkout with an index of its own, in which files that were not copied are not missing."""
    git = root / ".git"
    git.mkdir()
    for name in ("HEAD", "index"):
        if (own / name).is_file():
            shutil.copy2(own / name, git / name)
    (git / "commondir").write_text(f"{common}\n", encoding="utf-8")
    if shutil.which("git") is None:
        return
    listed = subprocess.run(["git", "ls-files", "-s", "-z"], cwd=root, capture_output=True, check=False).stdout
    rows = [row.partition("\t") for row in os.fsdecode(listed).split("\0") if row]
    other = [path for facts, _, path in rows if facts.startswith("120000") or not (root / path).is_file()]
    names = os.fsencode("\0".join(other))
    command = ["git", "update-index", "--skip-worktree", "-z", "--stdin"]
    subprocess.run(command, cwd=root, input=names, capture_output=True, check=False)
