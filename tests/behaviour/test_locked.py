"""An application that is locked keeps its Python to itself: its children get none, but `multiprocessing` works."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from pydist.link.app import Request
from pydist.link.dist import Distribution
from pydist.link.link import link
from pydist.store import Store

pytestmark = pytest.mark.slow

HELPER = "from multiprocessing.spawn import spawn_main; spawn_main("
REFUSED = [
    ["-c", "print(1)"],
    ["-m", "json.tool"],
    ["nowhere.py"],
    [],
    ["-c", "import multiprocessing"],
    ["-i", "-c", f"{HELPER}a=1)"],
    ["-c", f"{HELPER}print(1))"],
    ["-c", f"{HELPER});print(1)"],
    ["-c", f"{HELPER}a=f'{{print(1)}}')"],
    ["-c", f"{HELPER}1)\nprint(2)"],
]
PROGRAM = f"""\
import concurrent.futures, json, multiprocessing, subprocess, sys

def square(x):
    return x * x

def main():
    if "again" in sys.argv:
        print("started again")
        return
    squares = []
    for method in ("spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload(["json", "it's \\"odd\\""])
        with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
            squares += pool.map(square, [2, 3])
    codes = []
    for arguments in {REFUSED!r}:
        child = subprocess.run([sys.executable, *arguments], input="", text=True, capture_output=True)
        codes.append([child.returncode, child.stdout, "--locked" in child.stderr])
    again = subprocess.run([sys.executable, sys.argv[0], "again"], text=True, capture_output=True)
    print(json.dumps([squares, codes, again.stdout]))

if __name__ == "__main__":
    main()
"""


def answers(program: Path) -> list[list[object]]:
    variables = {**os.environ, "PYTHONINSPECT": "1"}
    done = subprocess.run(
        [program], text=True, capture_output=True, check=True, env=variables, stdin=subprocess.DEVNULL
    )
    squares, codes, again = json.loads(done.stdout)
    assert squares == [4, 9, 4, 9]
    assert again == "started again\n"
    return list(codes)


def test_a_locked_application_is_no_python_for_its_children(
    distribution: Distribution, store: Store, tmp_path: Path
) -> None:
    script = tmp_path / "app.py"
    script.write_text(PROGRAM)
    request = Request(app=str(script), output=tmp_path / "app", distribution=str(distribution.root), locked=True)
    link(request, store=store)
    assert answers(tmp_path / "app") == [[2, "", True]] * len(REFUSED)


def test_another_application_is_one(distribution: Distribution, store: Store, tmp_path: Path) -> None:
    script = tmp_path / "app.py"
    script.write_text(PROGRAM)
    link(Request(app=str(script), output=tmp_path / "app", distribution=str(distribution.root)), store=store)
    assert answers(tmp_path / "app")[0] == [0, "1\n", False]
