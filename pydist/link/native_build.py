"""A wheel with native code, built of a source tree for one distribution: by its interpreter and our compiler.

For a static distribution the files of the wheel that are named like shared objects are relocatable objects, which are
linked with the stub (`native_build_modules`). Invariant: the wheel depends on the source, the packages that its build
requires, the distribution and the toolchain; not on this machine's programs for compiling, its libraries or folders.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydist.archive.extract import extract
from pydist.archive.write import DEFAULT_MTIME
from pydist.errors import EnvironmentLacking, Fault, InputError
from pydist.link.app import AppKind, AppSpec
from pydist.link.choice import Choice, NativeBuildFailed, NativeNeeded, choose
from pydist.link.dist import Distribution
from pydist.link.native_build_tools import Tools
from pydist.link.project import copy_project
from pydist.link.resolve import Platform, resolve
from pydist.link.settings import Settings, parse_toml
from pydist.link.wheel import read_wheel
from pydist.policy.toolchain import Toolchain
from pydist.progress import Silent
from pydist.store import Store

__all__ = ["NATIVE_CODE", "NativeBuild"]

NATIVE_CODE = ("native_build", "native_build_backend", "native_build_cc", "native_build_tools")
"""The modules that decide what a build gives."""

_BACKEND = Path(__file__).with_name("native_build_backend.py")
_LEGACY = ["setuptools >= 40.8.0"]  # what PEP 517 says a tree that names no requirements has
_TAIL = 12  # lines of a log that are shown
_ENTRY = "import importlib, sys; m, _, a = {0!r}.partition(':'); sys.exit(getattr(importlib.import_module(m), a)())"


@dataclass(frozen=True, slots=True, kw_only=True)
class NativeBuild:
    """How native code is built for `distribution`. `fetch` gets the wheels that builds require."""

    distribution: Distribution
    compiler: Toolchain
    store: Store
    fetch: Callable[[tuple[Choice, ...]], Sequence[Path]]

    def wheel(self, choice: Choice, source: Path, folder: Path) -> Path:
        """Build the one wheel of `source`, an archive or a folder, into `folder`.

        Raises `NativeBuildFailed` that names the package, with the last lines of the log; `EnvironmentLacking` when the
        interpreter does not run here.
        """
        with tempfile.TemporaryDirectory(prefix="pydist-native-") as scratch:
            # Called by its real name: that is what a build finds when it asks where it is.
            root = Path(os.path.realpath(scratch))
            tree = _tree(source, root / "source")
            run = _Run(build=self, choice=choice, tree=tree, tools=Tools(
                distribution=self.distribution, compiler=self.compiler, root=root
            ))  # fmt: skip
            run.tools.write()
            wanted = _requirements(tree)
            run.provide(wanted)
            if more := [text for text in run.hook("requires") if text not in wanted]:
                run.provide([*wanted, *more])
            name = run.hook("wheel")
            return Path(shutil.move(run.wheels / str(name), folder))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """One build in the folder of `tools`."""

    build: NativeBuild
    choice: Choice
    tree: Path
    tools: Tools

    @property
    def wheels(self) -> Path:
        return self.tools.root / "wheels"

    def provide(self, requirements: Sequence[str]) -> None:
        """Put the packages that the build requires beside the interpreter."""
        if not requirements:
            return
        distribution = self.build.distribution
        app = AppSpec(
            kind=AppKind.REQUIREMENT, name="build", path=None, package="", requirements=tuple(requirements),
            requires_python="", settings=Settings(),
        )  # fmt: skip
        platform = Platform(python=distribution.version, target=distribution.target)
        try:
            wheels = self.build.fetch(choose(resolve(app, platform, Silent()), distribution.wheel_tags))
        except NativeNeeded as error:
            what = ", ".join(fault.where for fault in error.faults)
            line = f"it requires {what}, whose own native code the interpreter, which is static, could not load"
            raise self._failed([line]) from None
        except InputError as error:
            raise self._failed(f"what its build requires cannot be had: {error}".splitlines()) from None
        shutil.rmtree(self.tools.site)
        for path in wheels:
            self._unpack(path)

    def _unpack(self, path: Path) -> None:
        wheel = read_wheel(path)
        places = {"purelib": self.tools.site, "platlib": self.tools.site, "scripts": self.tools.bin}
        for file in wheel.files:
            place = places.get(file.scheme, self.tools.root / "data") / file.path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.data)
            if file.executable or file.scheme == "scripts":
                place.chmod(0o755)
        for name, reference in wheel.metadata.scripts.items():
            if "/" not in name and not (self.tools.bin / name).exists():
                self.tools.program(name, [str(self.build.distribution.interpreter), "-c", _ENTRY.format(reference)])

    def hook(self, name: str) -> list[str]:
        """What the back-end answers."""
        self.wheels.mkdir(exist_ok=True)
        result, log = self.tools.root / f"{name}.json", self.tools.root / f"{name}.log"
        caches = self.build.compiler.environment(self.build.store)
        variables = {**self.tools.variables(caches), **self.choice.environment}
        # Without `site`: the packages of the distribution itself are not those that the build asks for.
        command = [
            str(self.build.distribution.interpreter),
            "-S",
            "-P",
            str(_BACKEND),
            name,
            str(result),
            str(self.wheels),
        ]
        try:
            with log.open("wb") as file:
                done = subprocess.run(command, cwd=self.tree, env=variables, stdin=subprocess.DEVNULL, stdout=file,
                                      stderr=subprocess.STDOUT, check=False)  # fmt: skip
        except OSError as error:
            raise EnvironmentLacking(
                f"the distribution's interpreter cannot be started here: {command[0]}: {error.strerror}; native code "
                "is built by it, on a machine of the target's kind"
            ) from None
        if done.returncode or not result.is_file():
            raise self._failed(log.read_text(encoding="utf-8", errors="replace").splitlines())
        answer: list[str] = json.loads(result.read_bytes())
        return answer

    def _failed(self, lines: Sequence[str]) -> NativeBuildFailed:
        package, file = self.choice.package, self.choice.sdist.name if self.choice.sdist else self.choice.folder
        # Behind the compiler's words there is a long traceback of the build script.
        wrong = [line for line in lines if " error: " in line][:_TAIL]
        lacking = ", ".join(self.tools.lacking())
        said = f"it needs {lacking}, which it does not bring" if lacking else f"the build of {file} fails"
        if not lacking or wrong:
            last = wrong or [line for line in lines if line.strip()][-_TAIL:]
            said += "".join(f"\n    {line}" for line in last)
        return NativeBuildFailed([Fault(f"{package.name} {package.version}".strip(), said)])


def _tree(source: Path, place: Path) -> Path:
    """The source tree below `place`, in which all files have one time: generated code is as old as what it is of."""
    if source.is_dir():
        tree = copy_project(source, place)
    else:
        extract(source, place)
        tops = list(place.iterdir())
        if len(tops) != 1 or not tops[0].is_dir():
            raise InputError(f"{source.name}: expected one folder in it, found {len(tops)} entries")
        tree = tops[0]
    for path in (*tree.rglob("*"), tree):
        if not path.is_symlink():
            os.utime(path, (DEFAULT_MTIME, DEFAULT_MTIME))
    return tree


def _requirements(tree: Path) -> list[str]:
    file = tree / "pyproject.toml"
    if not file.is_file():
        return _LEGACY
    table = parse_toml(file.read_text(encoding="utf-8", errors="replace"), f"{tree.name}/pyproject.toml")
    system = table.get("build-system")
    listed = system.get("requires", _LEGACY) if isinstance(system, dict) else _LEGACY
    return [str(item) for item in listed] if isinstance(listed, list) else _LEGACY
