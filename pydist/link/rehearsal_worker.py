"""Started by the distribution's own interpreter: compiles texts as a program would while it runs.

Runs on whatever Python the distribution has, so it uses the standard library only. Invariant: the output depends on the
input alone.

Argument: the level of optimisation. Input: per text the kind, the flags and the size of the key (little-endian 32 bits
each), and the key, as the rows of an image have them; code before patterns. Output: per text the size of the value and
the value, which is empty for what does not compile, or not without a warning that would have to be seen again.
"""

from __future__ import annotations

import importlib
import marshal
import sys
import warnings
from types import SimpleNamespace
from typing import Any

EXEC, EVAL, COMPILE, PATTERN, BYTE_PATTERN = range(1, 6)  # RehearsalKind of pydist/link/image.py


def code_of(kind: int, flags: int, key: bytes, optimize: int) -> bytes:
    file, mode = "<string>", "exec" if kind == EXEC else "eval"
    text = key.decode()
    if kind == COMPILE:
        file, mode, text = text.split("\0", 2)
    elif kind == EVAL:
        text = text.lstrip(" \t")
    return marshal.dumps(compile(text, file, mode, flags, dont_inherit=True, optimize=optimize))


def pattern_of(kind: int, flags: int, key: bytes) -> bytes:
    """What `re._compiler.compile` gives `_sre.compile` beside the pattern."""
    _compiler: Any = importlib.import_module("re._compiler")
    engine = _compiler._sre
    _compiler._sre = SimpleNamespace(**{**vars(engine), "compile": lambda _, *values: values})
    try:
        own, words, groups, names, index = _compiler.compile(key.decode() if kind == PATTERN else key, flags)
    finally:
        _compiler._sre = engine
    code = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    return marshal.dumps((int(own), code, groups, dict(names), tuple(index)))


def value_of(kind: int, flags: int, key: bytes, optimize: int) -> bytes:
    try:
        return pattern_of(kind, flags, key) if kind in (PATTERN, BYTE_PATTERN) else code_of(kind, flags, key, optimize)
    except Exception:  # also of `re`; whoever compiles it will see
        return b""


def main() -> None:
    warnings.simplefilter("error")
    read, write, optimize = sys.stdin.buffer.read, sys.stdout.buffer.write, int(sys.argv[1])
    while numbers := read(12):
        kind, flags, size = (int.from_bytes(numbers[at : at + 4], "little") for at in (0, 4, 8))
        value = value_of(kind, flags, read(size), optimize)
        write(len(value).to_bytes(4, "little") + value)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
