"""Does nothing; given a file, writes there what the kernel says of its memory at that moment."""

import sys


def main() -> None:
    if len(sys.argv) > 1:
        with open("/proc/self/smaps_rollup") as memory, open(sys.argv[1], "w") as report:  # noqa: PTH123 - imports more
            report.write(memory.read())


if __name__ == "__main__":
    main()
