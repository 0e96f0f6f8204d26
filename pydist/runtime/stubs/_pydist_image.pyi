"""The builtin module that the run time's C sources define (module.c)."""

from collections.abc import Iterator

root: str

class Importer:
    def __init__(self, path: str, /) -> None: ...
    def iter_modules(self, prefix: str = "") -> Iterator[tuple[str, bool]]: ...

def install() -> None: ...
