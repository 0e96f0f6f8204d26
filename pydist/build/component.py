"""How one component is made: unpack its verified archive, patch it, run its script, keep its licence texts.

What a component node holds: `include/`, `lib/` (or what the script of CPython makes), `licenses/`, `build.log`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydist.archive.extract import extract
from pydist.build.box import EPOCH, HostBox
from pydist.errors import InputError
from pydist.policy.recipes import Recipe, Release
from pydist.sources import SourceArchive
from pydist.sources.download import verify

__all__ = ["build_component", "link_or_copy", "merge"]


def build_component(
    out: Path,
    *,
    recipe: Recipe,
    release: Release,
    archive: SourceArchive | None,
    inputs: Mapping[str, Path],
    box: HostBox,
    variables: Mapping[str, str],
) -> None:
    """Fill `out` with the component's result. Raises `StepFailed` when its script fails."""
    work = out.parent / "scratch"
    work.mkdir()
    # A copy: a shell reads its script as it goes, and somebody may be editing the recipe.
    copy = work / "recipe"
    shutil.copytree(recipe.folder, copy)
    source = _unpack(recipe, release, archive, work)
    log = out.parent / "build.log"
    for patch in recipe.patches(release):
        box.run(f"patching {recipe.name}", ["patch", "-p1", "--forward", "--fuzz=0", "-i", str(patch)],
                work=work, cwd=source, variables={}, log=log)  # fmt: skip
    deps = merge(inputs.values(), work / "deps")
    box.run(
        f"building {recipe.name} {release.version}",
        ["/bin/sh", str(copy / "build.sh")],
        work=work, cwd=source, log=log,
        variables={"OUT": str(out), "DEPS": str(deps), "RECIPE": str(copy), "VERSION": release.version,
                   "SERIES": release.series, **variables},
    )  # fmt: skip
    _keep_licenses(recipe, source, out)
    shutil.copyfile(log, out / "build.log")


def merge(folders: Iterable[Path], destination: Path) -> Path:
    """One folder with the `include/` and `lib/` of several nodes, hard-linked where the file system can."""
    nodes = list(folders)
    for part in ("include", "lib"):
        (destination / part).mkdir(parents=True, exist_ok=True)
        for folder in nodes:
            if (folder / part).is_dir():
                shutil.copytree(
                    folder / part, destination / part, copy_function=link_or_copy, dirs_exist_ok=True, symlinks=True
                )
    return destination


def _unpack(recipe: Recipe, release: Release, archive: SourceArchive | None, work: Path) -> Path:
    if archive is None:
        source = work / "src"
        shutil.copytree(recipe.folder / release.source, source)
    else:
        # Once more: the folder of downloads is no place of ours alone.
        verify(archive.path, sha256=archive.origin.sha256, size=archive.origin.size, where=str(archive.path))
        unpacked = work / "unpacked"
        extract(archive.path, unpacked)
        roots = list(unpacked.iterdir())
        if len(roots) != 1 or not roots[0].is_dir():
            raise InputError(f"{archive.path}: expected one folder at the top, found {len(roots)} entries")
        source = roots[0].rename(work / "src")
    # One time for all files: generated files that are shipped must not look older than what they come from.
    for folder, _, files in os.walk(source):
        for name in files:
            os.utime(Path(folder, name), (EPOCH, EPOCH), follow_symlinks=False)
    return source


def _keep_licenses(recipe: Recipe, source: Path, out: Path) -> None:
    folder = out / "licenses"
    folder.mkdir(exist_ok=True)
    for name in recipe.license_files:
        # LICENSE.zlib.txt for one text; the others of a component carry their own name behind it.
        suffix = "" if name == recipe.license_files[0] else "." + Path(name).name.lower()
        shutil.copyfile(source / name, folder / f"LICENSE.{recipe.name}{suffix}.txt")


def link_or_copy(source: str, destination: str) -> str:
    """A hard link where the file system can, else a copy; refuses to replace a file."""
    try:
        os.link(source, destination, follow_symlinks=False)
    except FileExistsError as error:
        raise InputError(f"two components install {destination}; expected every file from one") from error
    except OSError:
        shutil.copy2(source, destination, follow_symlinks=False)
    return destination
