"""The stub: the executable that every application of one distribution begins with, linked once and kept.

Invariant: what is in the store was made of the same files, flags and sources as would be used now.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydist.errors import EnvironmentLacking
from pydist.link import omissions
from pydist.link.dist import Distribution
from pydist.link.native_build_modules import NativeModule
from pydist.link.own_code import code_digests
from pydist.link.relink import Linking
from pydist.link.ways import WAYS, Halves, Made
from pydist.policy import resources, toolchain
from pydist.progress import Reporter
from pydist.store import Key, Store, digest_file

__all__ = ["Stub", "stub_of"]

_FILE, _LIBRARY, _CONTENT, _LEFT_OUT = "stub", "library", "content", "left-out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stub:
    """The executable, and the shared object that goes into the image where the interpreter does; `content` identifies
    what both were made of, and `left_out` are built-in modules that the distribution has not all of."""

    program: Path
    library: Path | None
    content: str
    left_out: tuple[str, ...]


def stub_of(
    distribution: Distribution, store: Store, reporter: Reporter, native: tuple[NativeModule, ...] = ()
) -> Stub:
    """The stub of `distribution` from the store, linked when it is not there yet; with the modules `native` in it.

    Raises `EnvironmentLacking` when it has to be linked and there is no compiler, `StepFailed` when linking fails.
    """
    sources = sorted(resources.runtime().glob("*.[ch]"))
    runtime = {path.name: digest_file(path) for path in sources}
    made_of = {
        "distribution": distribution.digest, "form": distribution.form.name, "runtime": runtime,
        "omissions": omissions.load().digest,
        "code": code_digests("forms", "native_build_modules", "relink", "static_library", "stub", "ways"),
        "native": [module.digest for module in native],
    }  # fmt: skip
    content = Key.of("stub", made_of).digest
    # One that serves an application alone is not kept for longer than others.
    ref = (
        f"stub/{distribution.version}/{distribution.target}/{distribution.manifest.build_options}" if not native else ""
    )
    try:
        compiler = toolchain.locate()
    except EnvironmentLacking:
        # A stub made earlier of the same things serves as well, whatever compiler made it.
        known = store.ref(ref) if ref else None
        folder = store.find(known) if known else None
        if folder is None or (folder / _CONTENT).read_text(encoding="utf-8") != content:
            raise
        return _stub(folder, content)
    key = Key.of("stub", {"content": content, "toolchain": compiler.digest})

    def make(folder: Path) -> None:
        reporter.step("stub", f"linking the run time with CPython {distribution.version}")
        work = folder.parent / "scratch"
        work.mkdir()
        linking = Linking(distribution, compiler, compiler.environment(store), work, native)
        made = Made(folder / _FILE, folder / _LIBRARY)
        left_out = WAYS[distribution.form.name](linking, Halves.of(sources), made)
        (folder / _LEFT_OUT).write_text("\n".join(left_out), encoding="utf-8")
        (folder / _CONTENT).write_text(content, encoding="utf-8")
        reporter.finish("stub", f"{(folder / _FILE).stat().st_size:,} bytes")

    folder = store.produce(key, f"stub {distribution.version} {distribution.target}", make)
    if ref and store.ref(ref) != key:
        store.set_ref(ref, key)
    return _stub(folder, content)


def _stub(folder: Path, content: str) -> Stub:
    library = folder / _LIBRARY
    return Stub(
        program=folder / _FILE, library=library if library.is_file() else None, content=content,
        left_out=tuple((folder / _LEFT_OUT).read_text(encoding="utf-8").split()),
    )  # fmt: skip
