"""Started by the distribution's own interpreter: compiles sources from standard input to marshalled code, and says what
each imports when it is itself imported.

Runs on whatever Python the distribution has, so it uses the standard library only, and of that as little as it can:
what is loaded here is compared by identity when code is marshalled. Invariant: the output depends on the input alone.

Argument: the level of optimisation. Input: per source two lengths (path, source; little-endian 32 bits) and both texts.
Output: per source one byte (0 = code, 1 = message), the length, and the bytes; then, per source, the length of a text
and the text: see `unguarded_imports`.
"""

from __future__ import annotations

import marshal
import os
import sys


def compile_one(path: str, source: bytes, optimize: int) -> tuple[int, bytes]:
    """The marshalled code of `source`, or the message that says why it does not compile."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=optimize)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        line = getattr(error, "lineno", None)
        message = getattr(error, "msg", None) or str(error)
        return 1, (f"line {line}: {message}" if line else message).encode("utf-8", "replace")
    return 0, marshal.dumps(code)


def main() -> None:
    read, write, optimize = sys.stdin.buffer.read, sys.stdout.buffer.write, int(sys.argv[1])
    sources = []
    while sizes := read(8):
        path = read(int.from_bytes(sizes[:4], "little")).decode()
        source = read(int.from_bytes(sizes[4:], "little"))
        kind, data = compile_one(path, source, optimize)
        write(bytes([kind]) + len(data).to_bytes(4, "little"))
        write(data)
        sources.append(b"" if kind else source)
    # When all code is made, because what is loaded for this would change the code's bytes.
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100 - as little as it can
    unguarded_imports = __import__("import_worker").unguarded_imports

    for source in sources:
        data = unguarded_imports(source).encode()
        write(len(data).to_bytes(4, "little"))
        write(data)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
