"""The standard library as a part of an application, with what stands beside it.

Invariant: the place of a file depends on the Python series and the file alone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from pydist.link import omissions
from pydist.link.compile import worker_digest
from pydist.link.dist import Distribution
from pydist.link.ingredients import ingredients_of
from pydist.link.leftout import divide_stdlib
from pydist.link.libraries import libraries_of
from pydist.link.own_code import code_digests
from pydist.link.part import Gathered, Part, TreeFile
from pydist.link.part_source import CODE, Compiling, PartSource, gathered
from pydist.link.report import STANDARD_LIBRARY
from pydist.manifest.convert import encode
from pydist.policy import resources
from pydist.progress import Reporter
from pydist.store import Store, digest_tree

__all__ = ["stdlib_part", "stdlib_source"]


def stdlib_source(distribution: Distribution, optimize: int, store: Store) -> PartSource:
    """The standard library, the run time's own package, and what lies beside: the scripts of Tcl and Tk."""
    runtime = resources.runtime() / "python"
    return PartSource(
        name=STANDARD_LIBRARY, kind="stdlib", gather=partial(_of_stdlib, distribution),
        inputs={
            "distribution": distribution.digest, "omissions": omissions.load().digest,
            "runtime": digest_tree(runtime), "worker": worker_digest(),
            "code": code_digests(*CODE, "ingredients", "libraries", "stdlib"),
        },
        compiling=Compiling(store=store, interpreter=distribution.interpreter, optimize=optimize),
    )  # fmt: skip


def stdlib_part(source: PartSource, distribution: Distribution, reporter: Reporter) -> Part:
    """The part of `source`."""
    if source.is_made:
        return source.part()
    reporter.step("compile", f"the standard library of {distribution.version}")
    part = source.part()
    reporter.finish("compile", f"{len(part.files)} files")
    return part


def _of_stdlib(distribution: Distribution, wanted: frozenset[str] | None) -> Gathered:
    table, root = omissions.load(), distribution.virtual_stdlib
    extensions = _extensions(distribution)
    tests = tuple(f"{name.replace('.', '/')}/" for name in distribution.manifest.python_stdlib_test_packages)
    of_tests = table.of_file("test/__init__.py", ())

    def row_of(path: str) -> omissions.Omission | None:
        name = path.removeprefix(f"{root}/") if path.startswith(f"{root}/") else f"../{path.removeprefix('lib/')}"
        row = table.of_file(name, extensions, dynamic=distribution.dynamic)
        return row or (of_tests if name.startswith(tests) else None)

    files = [*_tree(distribution.stdlib, root), *_tree(resources.runtime() / "python", root), *_tcl(distribution)]
    divided = divide_stdlib({file.path: len(file.data) for file in files}, row_of)
    chosen = gathered(files, divided, wanted, table.words, distribution)
    libraries = libraries_of(chosen.files, distribution.prefix) if distribution.dynamic else ()
    inside = [file for file in files if file.path not in divided.out or file.path in (wanted or ())]
    ingredients, texts = ingredients_of(distribution, inside)
    facts = {"ingredients": encode(ingredients)}
    return replace(chosen, files=(*chosen.files, *libraries, *texts), facts=facts)


def _tree(folder: Path, prefix: str) -> list[TreeFile]:
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    # Executable bits of the standard library mean scripts that nobody can start from inside an application.
    return [TreeFile(path=f"{prefix}/{path.relative_to(folder).as_posix()}", data=path.read_bytes()) for path in paths]


def _tcl(distribution: Distribution) -> list[TreeFile]:
    """The scripts of Tcl and Tk, which `_tkinter` looks for below `sys.base_prefix`."""
    manifest = distribution.manifest
    if not distribution.dynamic or not manifest.tcl_library_path:
        return []
    folder = distribution.root / manifest.tcl_library_path
    place = folder.relative_to(distribution.prefix).as_posix()
    return [file for name in manifest.tcl_library_paths or () for file in _tree(folder / name, f"{place}/{name}")]


def _extensions(distribution: Distribution) -> frozenset[str]:
    loaded = distribution.manifest.build_info.extensions if distribution.dynamic else ()
    return frozenset({*distribution.extensions, *loaded})
