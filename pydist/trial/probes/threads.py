"""process.threads: threads and what they share."""

from __future__ import annotations

import concurrent.futures
import queue
import sys
import threading
import time

from pydist.trial.probes.say import TASK, done, expect, refuses

with concurrent.futures.ThreadPoolExecutor(16) as pool:
    expect("sixteen threads", list(pool.map(lambda n: n * n, range(200))), [n * n for n in range(200)])
lock = threading.Lock()
lock.acquire()
began = time.monotonic()
expect("a lock with a time limit", lock.acquire(timeout=0.2), False)
expect("the limit was waited for", 0.15 < time.monotonic() - began < 20, True)
local, seen = threading.local(), queue.Queue()  # type: ignore[var-annotated]
local.value = "main"
thread = threading.Thread(target=lambda: seen.put(hasattr(local, "value")))
thread.start()
thread.join()
expect("data of a thread is its own", seen.get(timeout=30), False)


def deep(level: int) -> int:
    return level if level == 0 else deep(level - 1) + 1


def recurse() -> None:
    # Through C, whose frames are the large ones: json, repr and compare go that way.
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    try:
        repr(nested)
    except RecursionError as error:
        seen.put(error)


thread = threading.Thread(target=recurse)
thread.start()
thread.join()
expect("deep recursion in a thread is an error", type(seen.get(timeout=30)), RecursionError)
refuses("deep recursion", RecursionError, lambda: deep(10**6))
switches = sys.getswitchinterval()
free = "freethreaded" in TASK["options"]
expect("the lock is there or not, as the options say", getattr(sys, "_is_gil_enabled", lambda: True)(), not free)
done("free-threaded" if free else f"switch interval {switches}")
