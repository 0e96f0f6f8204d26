"""A file like those that `pydist link` writes, around a stub that does nothing."""

from __future__ import annotations

from pathlib import Path

from pydist.link.finish import finish
from pydist.link.image import FileRow, ImageSpec, ModuleRow
from pydist.link.report import Contents, InterpreterFacts, PackageFacts
from pydist.manifest.convert import dumps
from tests.support import tiny
from tests.support.dist import stub

CONTENTS = Contents(
    pydist="0.1.0",
    name="app",
    entry="app (a:main)",
    interpreter=InterpreterFacts(
        implementation="cpython", version="3.14.7", target_triple=tiny.TRIPLE, build_options="noopt",
        distribution="a" * 64, licenses=("Python-2.0",),
    ),
    packages=(
        PackageFacts(name="demo", version="1", license="MIT", summary="", origin="wheel", file="demo.whl",
                     sha256="b" * 64, modules=1, files=1, size=1, license_texts=("lib/LICENSE",)),
    ),
    modules=1,
)  # fmt: skip


def application(folder: Path, meta: bytes | None = None) -> Path:
    """Make the file `app` in `folder`; `meta` stands in the place of what it says of itself."""
    (folder / "stub").write_bytes(stub())
    spec = ImageSpec(
        python_hex=1, pyc_magic=2, abi_tag="cpython-314",
        modules=(ModuleRow(name="a", path="lib/a.py", code=b"code"),),
        files=(FileRow(path="lib/a.py", data=b"x = 1\n"), FileRow(path="bin/run", data=b"#!", executable=True),
               FileRow(path="lib/LICENSE", data=b"do what you like")),
        meta=dumps(CONTENTS) if meta is None else meta,
    )  # fmt: skip
    return finish(folder / "stub", spec, folder / "app").path
