"""module.extensions: every extension module can be imported."""

from __future__ import annotations

import importlib

from pydist.trial.probes.say import TASK, done, each


def load(name: str) -> str | None:
    importlib.import_module(name)
    return None


done(f"{each(TASK['extensions'], load)} extension modules")
