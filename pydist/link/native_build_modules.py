"""Extension modules that are linked with the stub, because a static application loads nothing.

They come as relocatable objects in the place of shared ones (`native_build`). Invariant: what a module defines has a
name that no other object has, made of the module's name and bytes; so the same module has the same names in every
application.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydist.binary.elf_rename import rename_defined, undefined_names
from pydist.errors import Fault, StepFailed
from pydist.link.choice import NativeBuildFailed
from pydist.link.dist import Distribution
from pydist.link.part import Part

__all__ = ["NativeModule", "native_modules", "needs_cxx", "objects_of", "refusal"]

_OF_CXX = re.compile(r"_Z|__cxa_|__gxx_personality")
_FOLDER = "native"


@dataclass(frozen=True)
class NativeModule:
    """One module: its dotted `name`, the relocatable object, and the `package` (for messages) that it is of."""

    name: str
    package: str
    data: memoryview

    @cached_property
    def digest(self) -> str:
        """Of name and bytes."""
        return hashlib.sha256(self.name.encode() + b"\0" + self.data).hexdigest()

    @property
    def suffix(self) -> str:
        """What is put behind each name that it defines."""
        return f"__{self.digest[:16]}"

    @property
    def init_function(self) -> str:
        """The function that Python calls, under its new name."""
        return f"PyInit_{self.name.rpartition('.')[2]}{self.suffix}"

    @property
    def object_name(self) -> str:
        return f"{_FOLDER}/{self.name}.o"


def native_modules(packages: Iterable[Part], distribution: Distribution) -> tuple[NativeModule, ...]:
    """The extension modules of `packages` that are to be linked with the stub."""
    site = f"{distribution.site_packages}/"
    found = {}
    for part in packages:
        for file in part.files:
            suffix = next((suffix for suffix in distribution.suffixes if file.path.endswith(suffix)), "")
            if file.linked and suffix and file.path.startswith(site):
                name = file.path[len(site) : -len(suffix)].replace("/", ".").removesuffix(".__init__")
                found[name] = NativeModule(name=name, package=part.name, data=file.data)
    return tuple(found[name] for name in sorted(found))


def objects_of(modules: Iterable[NativeModule], work: Path) -> list[Path]:
    """The objects to link, written below `work`. Raises `NativeBuildFailed` for one without its init function."""
    paths = []
    for module in modules:
        data, renamed = rename_defined(module.data, module.suffix)
        if module.init_function not in renamed.values():
            raise NativeBuildFailed([Fault(module.package, f"{module.name} has no function that makes the module")])
        path = work / module.object_name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        paths.append(path)
    return paths


def needs_cxx(modules: Iterable[NativeModule]) -> bool:
    """Whether the run time of C++ has to be linked, too."""
    return any(_OF_CXX.match(name) for module in modules for name in undefined_names(module.data))


def refusal(modules: Iterable[NativeModule], failure: StepFailed) -> NativeBuildFailed | None:
    """The failure to link the stub as one of packages, when the linker names objects of theirs."""
    text = "\n".join(failure.tail)
    packages = dict.fromkeys(module.package for module in modules if module.object_name in text)
    if not packages:
        return None
    shown = "".join(f"\n    {line}" for line in failure.tail if "undefined" in line or "duplicate" in line)
    return NativeBuildFailed([Fault(package, f"its native code cannot be linked{shown}") for package in packages])
