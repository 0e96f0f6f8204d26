"""How one component is made: stage its verified and unpacked source, its recipe and what it needs in one folder, run
its script in a box, keep its licence texts.

What a component node holds: `include/`, `lib/` (or what the script of CPython makes), `licenses/`, `build.log`.

Invariant: no file of a node names the folder it was made in; where a script wrote it, `/build` stands instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from pydist.archive.extract import extract
from pydist.binary.hide import hide_symbols
from pydist.build.box import Box
from pydist.build.job import BUILD, Job, Step
from pydist.build.relocate import BuildPathLeft
from pydist.build.trees import SOURCE_SKIP, Tree, recipe_files
from pydist.build.variables import EPOCH
from pydist.errors import InputError
from pydist.policy.recipes import BUILD_SCRIPT, Recipe, Release
from pydist.sources import SourceArchive
from pydist.sources.download import verify
from pydist.store import digest_tree

__all__ = ["build_component", "link_or_copy", "merge", "without_place"]

_SKIPPED = shutil.ignore_patterns(*SOURCE_SKIP)


def build_component(
    out: Path,
    inputs: Mapping[str, Path],
    *,
    recipe: Recipe,
    release: Release,
    files: Mapping[str, str],
    source: SourceArchive | Tree,
    box: Box,
    variables: Mapping[str, str],
    tools: Collection[str] = (),
    script: str = BUILD_SCRIPT,
    hidden: bool = False,
) -> None:
    """Fill `out`, an empty folder named `out` in a folder of its own, with the component's result.

    `inputs` are the folders of all nodes it needs by name. Those that `tools` names are for use while building: they
    are found below `$TOOLS` and not among the libraries. `files` are the digests of the recipe's files, and `source`
    has that of the source, as the key of the result has them. With `hidden` nothing that the component's static
    libraries define is exported from what they are linked into. Raises `StepFailed` when a script or a patch fails, and
    `InputError` when the recipe or the source is not what the key was made from any more.
    """
    work = out.parent
    unpacked = _unpack(source, work)
    # A copy: a shell reads its script as it goes, and somebody may be editing the recipe.
    shutil.copytree(recipe.folder, work / "recipe", ignore=_SKIPPED)
    copy = replace(recipe, folder=work / "recipe")
    if recipe_files(copy, release, script) != files:
        raise InputError(f"{recipe.folder}: was changed while it was being used")
    merge([folder for name, folder in inputs.items() if name not in tools], work / "deps")
    (work / "tools").mkdir()
    for name in tools:
        # cpython@x86_64-unknown-linux-musl is $TOOLS/cpython.
        shutil.copytree(
            inputs[name], work / "tools" / name.partition("@")[0], copy_function=link_or_copy, symlinks=True
        )
    log = work / "build.log"
    box.run(
        Job(
            work=work,
            steps=_steps(copy, release, script),
            variables={**variables, "VERSION": release.version, "SERIES": release.series},
            paths={"OUT": "out", "DEPS": "deps", "RECIPE": "recipe", "TOOLS": "tools"},
            log=log,
        )
    )
    for library in sorted((out / "lib").glob("*.a")) if hidden else ():
        data = bytearray(library.read_bytes())
        hide_symbols(data)
        library.write_bytes(data)
    _keep_licenses(recipe, unpacked, out)
    shutil.copyfile(log, out / "build.log")
    without_place(out, work)


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


def without_place(out: Path, work: Path) -> None:
    """Write `/build` for `work` in the text files below `out`. Raises `BuildPathLeft` for other files that name it.

    Boxes have the folder of a job in different places; compiled code does not show it (see builders/box/clang).
    """
    place = str(work).encode()
    left = []
    for folder, _, names in os.walk(out):
        for path in (Path(folder, name) for name in sorted(names)):
            if path.is_symlink() or place not in (data := path.read_bytes()):
                continue
            if b"\0" in data:
                left.append(path.relative_to(out).as_posix())
                continue
            # Not in place: a script may have left hard links to what is not its own.
            mode, fresh = path.stat().st_mode, path.with_name(f"{path.name}.fresh")
            fresh.write_bytes(data.replace(place, BUILD.encode()))
            fresh.chmod(mode)
            fresh.replace(path)
    if left:
        raise BuildPathLeft("these files name the folder they were built in: " + ", ".join(sorted(left)))


def _steps(recipe: Recipe, release: Release, script: str) -> tuple[Step, ...]:
    patches = [path.relative_to(recipe.folder).as_posix() for path in recipe.patches(release)]
    return (
        *(
            Step(
                name=f"patching {recipe.name}",
                command=("patch", "-p1", "--forward", "--fuzz=0", "-i", f"../recipe/{patch}"),
                folder="src",
            )
            for patch in patches
        ),
        Step(
            name=f"building {recipe.name} {release.version}", command=("/bin/sh", f"../recipe/{script}"), folder="src"
        ),
    )


def _unpack(given: SourceArchive | Tree, work: Path) -> Path:
    """The source in the job's folder. Raises `InputError` when it is not what the build was planned with."""
    source = work / "src"
    if isinstance(given, Tree):
        shutil.copytree(given.folder, source, symlinks=True, ignore=_SKIPPED)
        if digest_tree(source, skip=SOURCE_SKIP) != given.digest:
            raise InputError(f"{given.folder}: was changed while it was being used")
    else:
        # Once more: the folder of downloads is no place of ours alone.
        verify(given.path, sha256=given.origin.sha256, size=given.origin.size, where=str(given.path))
        unpacked = work / "unpacked"
        extract(given.path, unpacked)
        roots = list(unpacked.iterdir())
        if len(roots) != 1 or not roots[0].is_dir():
            raise InputError(f"{given.path}: expected one folder at the top, found {len(roots)} entries")
        roots[0].rename(source)
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
