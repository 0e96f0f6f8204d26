"""The builtin module that the run time's C sources define (module.c)."""

root: str

class Importer: ...

def install() -> None: ...
