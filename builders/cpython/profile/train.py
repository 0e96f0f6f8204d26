"""Run the task that CPython's developers chose for profiles (`-m test --pgo`) and write down what ran.

Called by an instrumented interpreter in its build folder, with the path of the report. What fails is left out of no
count: what ran until then was ordinary work too. But only what is known to fail may, and every file must have ended:
a training that broke off would make a profile, and the build would be slow and say nothing.
"""

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

TASK = ["-m", "test", "--pgo", "--timeout=1200"]
# For every file what an interpreter must be for its tests to fail, and why they do.
MAY_FAIL = {
    "test_datetime": ("static", "loads an extension module in a subinterpreter, which a static program cannot"),
    "test_math": ("musl", "musl gives zero another sign in fma"),
    "test_re": ("any", "wants 8-bit locales, which musl has not, and which the building machine need not have"),
}
# That tests failed, and not, say, that the file could not be imported.
TESTS_FAILED = re.compile(r"failed \(\d+ (?:error|failure)s?(?:, \d+ (?:error|failure)s?)?\)")


def main(report):
    command = [sys.executable, *TASK]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    print(done.stdout, flush=True)
    facts = {"task": TASK, "exit_code": done.returncode, **summary(done.stdout)}
    Path(report).write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    if found := faults(facts, kinds()):
        sys.exit("\n".join(["the training is none:", *found]))


def summary(text):
    """Which files ran, in order, how many were announced, and which did not pass, from what the test runner says."""
    lines = re.findall(r"^\d+:\d\d:\d\d .*\[ *\d+/(\d+)[^]]*\] (\w+)(?: (.+))?$", text, re.MULTILINE)
    results = {name: result for _, name, result in lines}
    failed = {
        name: result or "did not end" for name, result in results.items() if not re.match("passed|skipped", result)
    }
    return {"announced": max((int(count) for count, _, _ in lines), default=0), "run": list(results), "failed": failed}


def kinds():
    """What the interpreter that runs this is, as in MAY_FAIL."""
    static, host = os.environ["STATIC"], sysconfig.get_config_var("HOST_GNU_TYPE")
    return {"any", *(["static"] if static else []), *(["musl"] if "musl" in host else [])}


def faults(facts, kinds):
    """Why this was no training of an interpreter that is all of `kinds`; empty when it was one."""
    found = [
        f"{name}: {result}"
        for name, result in facts["failed"].items()
        if name not in MAY_FAIL or MAY_FAIL[name][0] not in kinds or not TESTS_FAILED.match(result)
    ]
    if not facts["run"] or len(facts["run"]) != facts["announced"]:
        found.append(f"{len(facts['run'])} test files ran; {facts['announced']} were announced")
    expected = (0, 2) if facts["failed"] else (0,)
    if facts["exit_code"] not in expected:
        found.append(f"exit code {facts['exit_code']}; expected {' or '.join(map(str, expected))}")
    return found


if __name__ == "__main__":
    main(sys.argv[1])
