"""The rows of an image from the parts of an application.

Invariant: every choice was made before; this only puts values where the image format wants them.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydist.link.collect import Collected
from pydist.link.dist import Distribution
from pydist.link.entry import Entry
from pydist.link.image import START, FileRow, ImageSpec, ModuleFlag, ModuleRow
from pydist.link.launch import launch_path
from pydist.link.part import Part
from pydist.link.report import Contents
from pydist.manifest.convert import dumps

__all__ = ["Parts", "image_spec"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What an application is put together from; `python` is there when the interpreter is not in the executable."""

    stdlib: Part
    packages: tuple[Part, ...]
    own: Part
    python: Part | None = None

    @property
    def all(self) -> tuple[Part, ...]:
        return (*((self.python,) if self.python else ()), self.stdlib, *self.packages, self.own)


def image_spec(
    distribution: Distribution, entry: Entry, parts: Parts, tree: Collected, contents: Contents, *, locked: bool = False
) -> ImageSpec:
    """The image of an application."""
    manifest = distribution.manifest
    modules, name = tree.modules, entry.module
    python = f"bin/python{distribution.series}"
    if entry.kind == "script":
        name = "__main__"
        code = next(file.code for part in parts.all for file in part.files if file.path == entry.path)
        modules = (*modules, ModuleRow(name=name, path=entry.path, code=code))
    settings = {
        "entry.kind": entry.kind,
        "entry.name": name,
        "stdlib": distribution.virtual_stdlib,
        "optimize": "0",
        "python": python,
        **({"launch": launch_path(distribution)} if parts.python else {}),
    }
    if locked:
        settings["locked"] = "1"
    search = [distribution.virtual_stdlib, distribution.site_packages]
    if distribution.dynamic:
        search.insert(1, f"{distribution.virtual_stdlib}/lib-dynload")
    builtin = any(row.flags & ModuleFlag.BUILTIN for row in tree.modules)
    return ImageSpec(
        python_hex=manifest.python_implementation_hex_version,
        pyc_magic=distribution.pyc_magic,
        abi_tag=manifest.python_implementation_cache_tag,
        modules=modules,
        files=(*tree.files, FileRow(path=python, data=b"", executable=True)),
        frozen=START,
        needs=tree.needs,
        config=(
            *settings.items(),
            *(("sys.path", path) for path in search),
            *(("suffix", suffix) for suffix in distribution.suffixes if builtin),
        ),
        meta=dumps(contents),
    )
