"""Runs as an application that has the packages of another one: imports what that imports when it starts, and lists the
texts that are compiled meanwhile and are not in the image.

Runs on whatever Python the distribution has, and uses as little as it can: what is loaded here is not seen.

Arguments: names of modules. Output: per text the kind, the flags and the size of the key (little-endian 32 bits each),
and the key, as the rows of the image have them.
"""

import os
import sys


def imported(names: list[str]) -> None:
    for name in names:
        try:
            __import__(name)
        except BaseException:  # noqa: S112 - whatever it is, the application will meet it by itself
            continue


def main() -> None:
    if sys.flags.hash_randomization:
        # What is generated from a set must not come in another order each time. An application takes no word from its
        # environment, so the interpreter that it is for its children does it.
        os.execve(sys.executable, [sys.executable, __file__, *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"})  # noqa: S606
    run_time = __import__("_pydist_image")

    answer, nothing = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    names, sys.argv[1:] = sys.argv[1:], []
    found: list[tuple[int, int, bytes]] = []
    run_time.record(lambda *text: found.append(text))
    imported(names)
    run_time.record(None)
    with os.fdopen(answer, "wb") as output:
        for kind, flags, key in found:
            output.write(b"".join(number.to_bytes(4, "little") for number in (kind, flags, len(key))) + key)
    os._exit(0)  # threads that imports have started do not end by themselves


if __name__ == "__main__":
    main()
