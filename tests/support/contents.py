"""The contents of an application that was never linked."""

from __future__ import annotations

from dataclasses import replace

from pydist.link.report import Contents, InterpreterFacts, LibraryFacts, PackageFacts

PACKAGE = PackageFacts(
    name="My_Pkg", version="1.2", license="MIT", summary="does it", origin="wheel", file="my_pkg-1.2-py3-none-any.whl",
    sha256="b" * 64, modules=1, files=1, size=1, license_texts=("lib/LICENSE",),
)  # fmt: skip
OWN = replace(PACKAGE, name="app", version="3", origin="project", license="BSD License; Something odd")
CONTENTS = Contents(
    pydist="0.1.0", name="app", entry="app (a:main)", packages=(OWN, PACKAGE), modules=1,
    interpreter=InterpreterFacts(
        implementation="cpython", version="3.14.7", target_triple="x86_64-unknown-linux-musl", build_options="noopt",
        licenses=(),
        libraries=(LibraryFacts(name="musl", version="1.2.5", license="MIT", purl="pkg:generic/musl@1.2.5"),
                   LibraryFacts(name="musl"), LibraryFacts(name="odd", license="Whatever")),
    ),
)  # fmt: skip
