"""Run the task that CPython's developers chose for profiles (`-m test --pgo`) and write down what ran.

Called by an instrumented interpreter in its build folder, with the path of the report. What fails is left out of no
count: what ran until then was ordinary work too. A training in which much fails is none, so that ends the build.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

TASK = ["-m", "test", "--pgo", "--timeout=1200"]
MOST_FAILURES = 5
"""Of 43 files; musl has no locales, which three of them want."""


def main(report):
    command = [sys.executable, *TASK]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout, flush=True)
    facts = {"task": TASK, "exit_code": done.returncode, **summary(done.stdout)}
    Path(report).write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if not facts["run"] or len(facts["failed"]) > MOST_FAILURES:
        sys.exit(f"{len(facts['failed'])} of {len(facts['run'])} test files failed; expected at most {MOST_FAILURES}")


def summary(text):
    """Which files ran, in order, and which of them failed, from what the test runner says."""
    progress = re.findall(r"^\d+:\d\d:\d\d .*\[ *\d+/\d+[^]]*\] (\w+) ?(\w*)", text, re.MULTILINE)
    run = dict.fromkeys(name for name, _ in progress)
    return {"run": list(run), "failed": [name for name, result in progress if result in ("failed", "crashed")]}


if __name__ == "__main__":
    main(sys.argv[1])
