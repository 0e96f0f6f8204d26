"""The interpreter as files in the image: libpython, the libraries that it needs, and the run time's half that needs it.

Invariant: the files lie as in the distribution, so that search paths in them lead to what they led to there.
"""

from __future__ import annotations

import posixpath

from pydist.binary.elf import ElfFile
from pydist.binary.elf_strip import ElfUnstrippable, strip
from pydist.link.dist import Distribution
from pydist.link.libraries import libraries_of
from pydist.link.own_code import code_digests
from pydist.link.part import Gathered, Part, TreeFile, produce_part
from pydist.link.stub import Stub
from pydist.store import Key, Store

__all__ = ["launch_path", "python_part"]

_NAME = "_pydist.so"


def launch_path(distribution: Distribution) -> str:
    """Where the run time's half is: beside libpython, by whose search path it is found."""
    shared = distribution.root / (distribution.manifest.build_info.core.shared_lib or "")
    return posixpath.join(shared.relative_to(distribution.prefix).parent.as_posix(), _NAME)


def python_part(distribution: Distribution, stub: Stub, store: Store) -> Part | None:
    """The files, or None where the interpreter is in the executable."""
    if stub.library is None:
        return None
    library = stub.library
    key = Key.of("launch", {"stub": stub.content, "code": code_digests("launch", "libraries", "native", "part")})

    def gather() -> Gathered:
        shared = distribution.root / (distribution.manifest.build_info.core.shared_lib or "")
        place = launch_path(distribution)
        data = _stripped(shared.read_bytes())
        name = ElfFile.parse(data).soname or shared.name
        files = (
            TreeFile(path=posixpath.join(posixpath.dirname(place), name), data=data),
            TreeFile(path=place, data=library.read_bytes()),
        )
        return Gathered(files=(*files, *libraries_of(files, distribution.prefix)))

    return produce_part(store, key, "the interpreter", distribution.interpreter, gather)


def _stripped(data: bytes) -> bytes:
    """Without what only debuggers read: each start of the application copies the file."""
    try:
        return strip(data).data
    except ElfUnstrippable:
        return data
