"""Run by the interpreter that was just built: prints as JSON what only it can say about itself."""

import importlib.machinery
import importlib.util
import json
import sys
import sysconfig

prefix = sys.prefix


def relative(path):
    return "install" + path.removeprefix(prefix) if path.startswith(prefix) else path


def text(value):
    return str(value).replace(prefix, "/install")


# userbase is a fact about whoever runs this.
print(
    json.dumps(
        {
            "abi_flags": sys.abiflags,
            "cache_tag": sys.implementation.cache_tag,
            "config_vars": {
                key: text(value) for key, value in sysconfig.get_config_vars().items() if key != "userbase"
            },
            "hexversion": sys.implementation.hexversion,
            "implementation": sys.implementation.name,
            "magic": importlib.util.MAGIC_NUMBER.hex(),
            "paths": {key: relative(value) for key, value in sysconfig.get_paths().items()},
            "paths_abstract": sysconfig.get_paths(expand=False),
            "platform": sysconfig.get_platform(),
            "suffixes": {
                "bytecode": importlib.machinery.BYTECODE_SUFFIXES,
                "debug_bytecode": importlib.machinery.DEBUG_BYTECODE_SUFFIXES,
                "extension": importlib.machinery.EXTENSION_SUFFIXES,
                "optimized_bytecode": importlib.machinery.OPTIMIZED_BYTECODE_SUFFIXES,
                "source": importlib.machinery.SOURCE_SUFFIXES,
            },
            "version": sys.version.split()[0],
            "version_info": [str(part) for part in sys.implementation.version],
        }
    )
)
