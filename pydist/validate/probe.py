"""Runs inside the judged interpreter (any CPython from 3.8 on): says what it is, then imports modules one by one.

Invariant: every line it means to say begins with the marker it was given, so that the noise of imported modules
cannot be taken for an answer; the line before an import is flushed, so that a crash can be put down to its module.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import sysconfig
from importlib import machinery

_RELEASES = {"alpha": "a", "beta": "b", "candidate": "rc"}


def say(marker: str, **answer: object) -> None:
    os.write(1, ("\n" + marker + json.dumps(answer) + "\n").encode())


def facts() -> dict[str, object]:
    implementation, version = sys.implementation, sys.version_info
    major_minor = f"{version[0]}.{version[1]}"
    release = "" if version[3] == "final" else f"{_RELEASES[version[3]]}{version[4]}"
    return {
        "python_version": f"{major_minor}.{version[2]}{release}",
        "python_major_minor_version": major_minor,
        "python_abi_tag": getattr(sys, "abiflags", None),
        "python_platform_tag": sysconfig.get_platform(),
        "python_implementation_name": implementation.name,
        "python_implementation_cache_tag": implementation.cache_tag,
        "python_implementation_hex_version": implementation.hexversion,
        "python_implementation_version": [str(part) for part in implementation.version],
        "python_bytecode_magic_number": importlib.util.MAGIC_NUMBER.hex(),
        "python_paths": sysconfig.get_paths(),
        "python_suffixes": {
            "bytecode": machinery.BYTECODE_SUFFIXES,
            "debug_bytecode": machinery.DEBUG_BYTECODE_SUFFIXES,
            "extension": machinery.EXTENSION_SUFFIXES,
            "optimized_bytecode": machinery.OPTIMIZED_BYTECODE_SUFFIXES,
            "source": machinery.SOURCE_SUFFIXES,
        },
        "builtin": list(sys.builtin_module_names),
        "prefix": sys.prefix,
    }


def main() -> None:
    task = json.loads(sys.stdin.read())
    marker = task["marker"]
    say(marker, facts=facts())
    for name in task["modules"]:
        say(marker, begin=name)
        try:
            importlib.import_module(name)
        except BaseException as error:
            say(marker, failed=name, reason=type(error).__name__ + ": " + str(error)[:300])
        else:
            say(marker, imported=name)
    say(marker, end=True)
    # Modules of a distribution under test may fail while the interpreter shuts down; that is not what was asked.
    os._exit(0)


main()
