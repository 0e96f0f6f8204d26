"""The probe, run by the interpreter of these tests, says what that interpreter is and what it can import."""

from __future__ import annotations

import importlib.util
import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydist.validate import running

PROBE = Path(running.__file__).with_name("probe.py")


def answers(modules: list[str], folder: Path) -> list[dict[str, Any]]:
    task = json.dumps({"marker": "mark ", "modules": modules})
    command = [sys.executable, "-I", "-B", "-c", PROBE.read_text(encoding="utf-8")]
    done = subprocess.run(command, input=task, capture_output=True, text=True, check=True, cwd=folder)
    return [json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("mark ")]


def test_facts_are_those_of_the_interpreter(tmp_path: Path) -> None:
    facts = answers([], tmp_path)[0]["facts"]
    assert facts["python_version"] == platform.python_version()
    assert facts["python_bytecode_magic_number"] == importlib.util.MAGIC_NUMBER.hex()
    assert facts["python_implementation_hex_version"] == sys.hexversion
    assert set(facts["builtin"]) == set(sys.builtin_module_names)


def test_each_import_is_announced_and_its_outcome_said(tmp_path: Path) -> None:
    assert answers(["zlib", "no_such_module"], tmp_path)[1:] == [
        {"begin": "zlib"},
        {"imported": "zlib"},
        {"begin": "no_such_module"},
        {"failed": "no_such_module", "reason": "ModuleNotFoundError: No module named 'no_such_module'"},
        {"end": True},
    ]
