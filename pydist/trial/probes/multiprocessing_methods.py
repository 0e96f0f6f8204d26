"""process.multiprocessing: every way of starting a process, with what processes share."""

from __future__ import annotations

import multiprocessing
import multiprocessing.shared_memory
import os
from typing import Any

from pydist.trial.probes.say import done, each, expect, lacking


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def add(counter: Any, name: str) -> None:
    memory: Any = multiprocessing.shared_memory.SharedMemory(name)
    with counter.get_lock():
        counter.value += memory.buf[0]
    memory.close()


def method(name: str) -> str | None:
    context: Any = multiprocessing.get_context(name)
    with context.Pool(2) as pool:
        made = pool.map(square, range(20))
    expect("a pool", [value for value, _ in made], [number**2 for number in range(20)], where=name)
    expect("in other processes", os.getpid() in {pid for _, pid in made}, False, where=name)
    memory: Any = multiprocessing.shared_memory.SharedMemory(create=True, size=16)
    try:
        memory.buf[0] = 5
        counter = context.Value("i", 0)
        children = [context.Process(target=add, args=(counter, memory.name)) for _ in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join(60)
        expect("a shared number and shared memory", counter.value, 15, where=name)
    finally:
        memory.close()
        memory.unlink()
    return None


if __name__ == "__main__":
    if not os.path.isdir("/dev/shm"):
        lacking("/dev/shm")
    methods = multiprocessing.get_all_start_methods()
    expect("the methods of a Linux", sorted(methods), ["fork", "forkserver", "spawn"])
    each(methods, method)
    done(", ".join(methods))
