"""Runs inside the interpreter that is to be adopted: says what only it can say about itself.

Invariant: what it means to say stands in lines that begin with the marker it was given. The first line can be said by
any Python, PyPy and Python 2 included, so that those can be refused by name.
"""

import json
import os
import platform
import sys

marker = sys.argv[1]


def say(**answer):  # type: (object) -> None
    os.write(1, ("\n" + marker + json.dumps(answer) + "\n").encode("ascii"))


say(implementation=platform.python_implementation(), version=sys.version.split()[0])
if sys.hexversion >= 0x03080000:
    import importlib.util
    import sysconfig
    from importlib import machinery

    say(
        facts={
            "abi_flags": getattr(sys, "abiflags", ""),
            "builtin": sorted(sys.builtin_module_names),
            "cache_tag": str(sys.implementation.cache_tag),
            "config_vars": {
                # userbase is a fact about whoever runs this.
                key: str(value)
                for key, value in sysconfig.get_config_vars().items()
                if key != "userbase"
            },
            "exec_prefix": sys.base_exec_prefix,
            "hexversion": sys.implementation.hexversion,
            "implementation": sys.implementation.name,
            "magic": importlib.util.MAGIC_NUMBER.hex(),
            "paths": sysconfig.get_paths(),
            "paths_abstract": sysconfig.get_paths(expand=False),
            "platform": sysconfig.get_platform(),
            "prefix": sys.base_prefix,
            "suffixes": {
                "bytecode": machinery.BYTECODE_SUFFIXES,
                "debug_bytecode": machinery.DEBUG_BYTECODE_SUFFIXES,
                "extension": machinery.EXTENSION_SUFFIXES,
                "optimized_bytecode": machinery.OPTIMIZED_BYTECODE_SUFFIXES,
                "source": machinery.SOURCE_SUFFIXES,
            },
            "version": sys.version.split()[0],
            "version_info": [str(part) for part in sys.implementation.version],
        }
    )
