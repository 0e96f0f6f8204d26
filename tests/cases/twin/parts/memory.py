# ruff: noqa - the acts do what one should not
"""Acts with a lot of memory; see twin.py."""

import sys


def churn(seed, rounds=3000):
    """Whether blocks of all sizes keep what was written into them while others come and go."""
    import random

    numbers = random.Random(seed)
    held = {}
    for turn in range(rounds):
        place = numbers.randrange(200)
        size, mark = numbers.choice((1, 100, 513, 640, 641, 5000, 16384, 16385, 40000)), turn % 256
        if place in held and numbers.random() < 0.5:
            old, size_before, mark_before = held.pop(place)
            old += bytes([mark_before]) * size  # grows, perhaps to another place
            if old.count(mark_before) != size_before + size:
                return False
        else:
            held[place] = bytearray([mark]) * size, size, mark
    return all(data == bytes([mark]) * size for data, size, mark in held.values())


def keeps_what_is_written_in_many_threads():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        print(list(pool.map(churn, range(24))))


def forks_while_threads_take_memory():
    import os
    import threading
    import warnings

    warnings.simplefilter("ignore")
    stop = threading.Event()

    def work():
        while not stop.is_set():
            [bytearray(size) for size in range(513, 20000, 97)]

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    codes = []
    for seed in range(30):
        child = os.fork()
        if child == 0:
            os._exit(0 if churn(seed, 100) else 1)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    stop.set()
    for thread in threads:
        thread.join()
    print(codes)


def gives_memory_back():
    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096 / 1e6

    held = [bytearray(10_000) for _ in range(20_000)]
    full = resident()
    del held
    print(full > 200, resident() < 100)


def looks_at_the_collector():
    cycles = []
    for _ in range(400_000):
        cycles = [cycles] if _ % 10 else []
    print("gc" in sys.modules)
    import gc

    print(gc.isenabled(), gc.get_threshold(), gc.callbacks, gc.get_debug(), gc.get_freeze_count())


def ends_with_cycles():
    class Noted:
        def __del__(self):
            print("deleted", sys is not None)

    first, second = Noted(), Noted()
    first.other, second.other = second, first
