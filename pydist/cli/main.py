"""Dispatch: parse the arguments, run the command, turn errors into messages and exit codes (design.md, section 5)."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence

from pydist import __version__
from pydist.cli.terminal import Terminal
from pydist.errors import PydistError

__all__ = ["main"]

# Imported only when needed: `pydist link` must not pay for the builder's imports.
_COMMANDS = {
    "build": "make a standalone CPython distribution from source",
    "validate": "judge distributions",
    "inspect": "show what a linked application or a distribution contains",
    "link": "make one file of a distribution and an application",
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
    args = parser.parse_args(arguments)
    terminal = Terminal(quiet=getattr(args, "quiet", False), json=getattr(args, "json", False))
    try:
        code: int = importlib.import_module(f"pydist.cli.{args.command}").run(args, terminal)
    except PydistError as error:
        terminal.error(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        terminal.error("interrupted")
        return 130
    except BrokenPipeError:
        # The reader went away (`pydist inspect … | head`): what a shell reports for SIGPIPE.
        sys.stderr.close()
        return 141
    finally:
        terminal.close()
    return code
