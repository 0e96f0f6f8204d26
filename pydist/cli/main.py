"""Dispatch: parse the arguments, run the command, turn errors into messages and exit codes (design.md, section 5)."""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType

from pydist import __version__
from pydist.cli.options import STANDARD_OUTPUT
from pydist.cli.terminal import Terminal
from pydist.errors import PydistError

__all__ = ["main"]

# Imported only when needed: `pydist link` must not pay for the builder's imports.
_COMMANDS = {
    "build": "make a standalone CPython distribution from source",
    "validate": "judge distributions",
    "diff": "show what differs between two distributions",
    "rebuild": "build an archive once more from nothing and compare",
    "test": "run a distribution through our checks and CPython's own tests",
    "inspect": "show what a linked application or a distribution contains",
    "link": "make one file of a distribution and an application",
    "fetch": "get a distribution that others publish, verified",
    "index": "make a folder of archives one that uv and `pydist fetch` can fetch from",
    "repack": "make another archive of the same distribution: less of it, or in another format",
    "adopt": "make a distribution of an installed CPython",
    "cache": "list or collect the store",
    "doctor": "say what this machine lacks",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run pydist with `argv` (default: the process's own) and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="pydist",
        description="Standalone Python distributions, and applications linked with them into one file.",
        epilog="example: pydist link httpie --script http -o http",
    )
    parser.add_argument("--version", action="version", version=f"pydist {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    wanted = next((word for word in arguments if not word.startswith("-")), None)
    for name, meaning in _COMMANDS.items():
        command = commands.add_parser(name, help=meaning, description=f"{meaning[0].upper()}{meaning[1:]}.",
                                      formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
        if name == wanted:
            importlib.import_module(f"pydist.cli.{name}").configure(command)
    args, unknown = parser.parse_known_args(arguments)
    if unknown:
        command = commands.choices[args.command]
        near = difflib.get_close_matches(unknown[0].partition("=")[0], command._option_string_actions)
        hint = f"; did you mean {near[0]}?" if near and unknown[0].startswith("-") else ""
        command.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")
    documents = [
        name for name in ("json", "html", "sarif", "sbom") if getattr(args, name, None) in (True, STANDARD_OUTPUT)
    ]
    if len(documents) > 1:
        commands.choices[args.command].error(f"--{' and --'.join(documents)}: standard output takes one document")
    terminal = Terminal(quiet=getattr(args, "quiet", False), json=bool(documents))
    before = {number: signal.signal(number, _ended) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        code: int = importlib.import_module(f"pydist.cli.{args.command}").run(args, terminal)
        sys.stdout.flush()
    except PydistError as error:
        terminal.error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        terminal.error("interrupted")
        return 130
    except _Ended as ended:
        return 128 + ended.number
    except BrokenPipeError:
        # The reader went away (`pydist inspect … | head`): what a shell reports for SIGPIPE.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception:
        # A bug. Not exit code 1, which says that an input was judged bad.
        terminal.close()
        traceback.print_exc()
        return 70
    finally:
        terminal.close()
        for number, handler in before.items():
            signal.signal(number, handler)
    return code


class _Ended(BaseException):
    """The process was asked to end by a signal: what runs is ended with it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _ended(number: int, frame: FrameType | None) -> None:
    raise _Ended(number)
