"""The stub: the executable that every application of one distribution begins with, linked once and kept.

Invariant: what is in the store was made of the same files, flags and sources as would be used now.
"""

from __future__ import annotations

from pathlib import Path

from pydist.errors import EnvironmentLacking
from pydist.link import omissions
from pydist.link.dist import Distribution
from pydist.link.own_code import code_digests
from pydist.link.relink import Linking
from pydist.policy import resources, toolchain
from pydist.progress import Reporter
from pydist.store import Key, Store, digest_file

__all__ = ["stub_of"]

_FILE, _CONTENT = "stub", "content"


def stub_of(distribution: Distribution, store: Store, reporter: Reporter) -> Path:
    """The stub of `distribution` from the store, linked when it is not there yet.

    Raises `EnvironmentLacking` when it has to be linked and there is no compiler, `StepFailed` when linking fails.
    """
    sources = sorted(resources.runtime().glob("*.[ch]"))
    runtime = {path.name: digest_file(path) for path in sources}
    made_of = {
        "distribution": distribution.digest, "runtime": runtime, "omissions": omissions.load().digest,
        "code": code_digests("relink", "stub"),
    }  # fmt: skip
    content = Key.of("stub", made_of).digest
    ref = f"stub/{distribution.version}/{distribution.target}/{distribution.manifest.build_options}"
    try:
        compiler = toolchain.locate()
    except EnvironmentLacking:
        # A stub made earlier of the same things serves as well, whatever compiler made it.
        known = store.ref(ref)
        folder = store.find(known) if known else None
        if folder is None or (folder / _CONTENT).read_text(encoding="utf-8") != content:
            raise
        return folder / _FILE
    key = Key.of("stub", {"content": content, "toolchain": compiler.digest})

    def make(folder: Path) -> None:
        reporter.step("stub", f"linking the run time with CPython {distribution.version}")
        work = folder.parent / "scratch"
        work.mkdir()
        Linking(distribution, compiler, compiler.environment(store), work).link(sources, folder / _FILE)
        (folder / _CONTENT).write_text(content, encoding="utf-8")
        reporter.finish("stub", f"{(folder / _FILE).stat().st_size:,} bytes")

    folder = store.produce(key, f"stub {distribution.version} {distribution.target}", make)
    if store.ref(ref) != key:
        store.set_ref(ref, key)
    return folder / _FILE
