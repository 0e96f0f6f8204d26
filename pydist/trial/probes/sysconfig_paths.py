"""configuration.paths: every folder that sysconfig names exists and stands in the tree."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

from pydist.trial.probes.say import TASK, done, expect, problem

prefix = TASK["prefix"]
for name in ("prefix", "exec_prefix", "base_prefix", "base_exec_prefix"):
    expect(f"sys.{name} is where the tree is", getattr(sys, name), prefix)
places = {f"sysconfig.get_path({name!r})": path for name, path in sysconfig.get_paths().items() if name != "data"}
places["sysconfig.get_makefile_filename()"] = sysconfig.get_makefile_filename()
places["sysconfig.get_config_h_filename()"] = sysconfig.get_config_h_filename()
for name in ("LIBDIR", "LIBPL", "INCLUDEPY", "BINDIR", "LIBDEST"):
    places[f"sysconfig.get_config_var({name!r})"] = sysconfig.get_config_var(name) or ""
for name, path in places.items():
    # No package brings headers or data before it was installed.
    if not Path(path).exists() and "include" not in name:
        problem("does not exist", where=name, found=path)
    if not path.startswith(prefix):
        problem("stands outside of the tree", where=name, expected=f"a path below {prefix}", found=path)
for name in ("include", "platinclude"):
    if not Path(sysconfig.get_path(name), "Python.h").is_file():
        problem("has no Python.h", where=f"sysconfig.get_path({name!r})", found=sysconfig.get_path(name))
done(f"{len(places)} places")
