"""configuration.build-folder: no setting names a folder of the machine that it was built on."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

from pydist.trial.probes.say import TASK, done, problem

# A path at the start of a word or behind an option (-I/x, -Wl,-rpath,/x, name=/x).
PATH = re.compile(r"(?:(?<=^)|(?<=[\s'\"=:,])|(?<=-[IL]))(/[\w.][^\s'\":,;)]*)")
# What every Linux has or may have; CPython's own lists of places to look into.
SYSTEM = re.compile(r"/(usr|bin|sbin|etc|lib|lib64|dev|proc|var|opt)(/|$)")
# Below `/build` and `/install` the build itself says that these are no folders of a machine.
NEUTRAL = re.compile(r"/build(/|$)")
prefix = TASK["prefix"]


def foreign(text: str) -> list[str]:
    found = dict.fromkeys(PATH.findall(text.replace(prefix, "<prefix>")))
    return [path for path in found if len(path) > 1 and not SYSTEM.match(path) and not NEUTRAL.match(path)]


settings = {name: value for name, value in sysconfig.get_config_vars().items() if name != "userbase"}
for name, value in settings.items():
    if isinstance(value, str) and (paths := foreign(value)):
        problem(
            "names a folder that is not there", where=name, expected=f"paths below {prefix}", found=", ".join(paths)
        )
root = Path(prefix)
files = [*root.glob("lib/pkgconfig/*.pc"), *root.glob("lib/python3.*/_sysconfigdata*.py")]
for file in files:
    for line in file.read_text(encoding="utf-8").splitlines():
        paths = [path for path in foreign(line) if not path.startswith("/install")]
        if paths:
            problem("names a folder of the build", where=file.name, found=", ".join(paths))
done(f"{len(settings)} settings, {len(files)} files")
