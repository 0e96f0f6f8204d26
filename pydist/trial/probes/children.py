"""process.children: programs of the machine are started."""

from __future__ import annotations

import os
import signal
import subprocess

from pydist.trial.probes.say import TASK, done, expect, lacking, refuses

if not os.path.exists("/bin/sh"):
    lacking("/bin/sh")
shell = subprocess.run(["/bin/sh", "-c", "cat; echo $0 $X >&2; exit 7"], input=b"in", capture_output=True,
                       env={"X": "y"}, check=False)  # fmt: skip
expect("pipes, variables and the exit code", (shell.stdout, shell.stderr, shell.returncode), (b"in", b"/bin/sh y\n", 7))
refuses(
    "a time limit", subprocess.TimeoutExpired, lambda: subprocess.run(["/bin/sleep", "20"], timeout=0.3, check=False)
)
# glibc's posix_spawn learns of a failure through memory that it shares with the child, and under qemu-user none is
# shared: its vfork is a fork (linux-user/syscall.c). The other way does not use posix_spawn.
before = os.getpid if TASK["emulated"] else None
refuses(
    "a program that is not there",
    FileNotFoundError,
    lambda: subprocess.run(["/no/such/program"], check=False, preexec_fn=before),
)
expect("a signal", subprocess.run(["/bin/sh", "-c", "kill -9 $$"], check=False).returncode, -signal.SIGKILL)
child = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 3"], {})
expect("posix_spawn", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 3)
child = os.fork()
if child == 0:
    os._exit(5)
expect("fork", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 5)
expect("a shell", subprocess.check_output("echo $((6 * 7))", shell=True, text=True), "42\n")
done()
