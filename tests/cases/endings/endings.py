# ruff: noqa - the acts do what one should not
"""Ways in which a process ends: `endings.py ACT [ARGUMENT]…`. Each act does what only the end of the process completes."""

import atexit
import bz2
import concurrent.futures
import gc
import gzip
import io
import logging
import logging.handlers
import lzma
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import weakref

kept = []  # alive at the end


class Loud:
    def __init__(self, name):
        self.name, self.itself = name, self

    def __del__(self):
        os.write(1, f"__del__ of {self.name}\n".encode())


class Collecting(io.RawIOBase):
    """A class that writes what it was given when it is closed."""

    def __init__(self, path):
        self.path, self.parts = path, []

    def writable(self):
        return True

    def write(self, data):
        self.parts.append(bytes(data))
        return len(data)

    def close(self):
        if not self.closed:
            super().close()
            with open(self.path, "wb") as file:
                file.write(b"".join(self.parts) + b" closed")


class Detaching(io.TextIOWrapper):
    def __del__(self):
        self.detach()


class Late(io.TextIOBase):
    """Standard output that keeps all text until it is flushed."""

    def __init__(self):
        self.parts = []

    def write(self, text):
        self.parts.append(text)

    def flush(self):
        os.write(1, "".join(self.parts).encode())
        self.parts.clear()


def runs_to_its_end():
    print("printed", end="")
    print("to standard error", file=sys.stderr, end="")


def exits(expression):
    print("printed", end="")
    sys.exit(eval(expression))


def exits_without_standard_error():
    sys.stderr = None
    sys.exit("told to the descriptor")


def exits_with_a_code_of_its_own():
    class Exit(SystemExit):
        code = 7

    raise Exit


def exits_with_no_code():
    class Exit(SystemExit):
        code = property(lambda self: 1 / 0)

    raise Exit("its text")


def exits_at_once():
    atexit.register(print, "not printed")
    print("lost", end="")
    os._exit(5)


def fails():
    print("printed", end="")
    raise ValueError("a fault")


def is_interrupted():
    print("printed", end="")
    raise KeyboardInterrupt


def interrupts_itself():
    print("printed", end="")
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(5)


def exits_in_its_hook():
    def hook(*_):
        print("hook", end="")
        sys.exit(9)

    sys.excepthook = hook
    raise ValueError


def fails_in_its_hook():
    def hook(*_):
        raise OSError("in the hook")

    sys.excepthook = hook
    raise ValueError("original")


def is_interrupted_in_its_hook():
    def hook(*_):
        raise KeyboardInterrupt

    sys.excepthook = hook
    raise ValueError("original")


def calls_what_is_registered():
    def more():
        print("third")
        atexit.register(print, "registered meanwhile")

    def wrong():
        raise ValueError("in a function of atexit")

    atexit.register(print, "last")
    atexit.register(more)
    atexit.register(sys.exit, 3)
    atexit.register(wrong)
    weakref.finalize(Collecting, print, "finalized")
    weakref.finalize(Loud, print, "not finalized").atexit = False
    sys.exit(4)


def registered_functions_see_a_working_python():
    def see():
        import colorsys

        print(colorsys.__name__, sys.is_finalizing(), gc.isenabled(), len(gc.callbacks) <= 2)
        for action in (os.fork, threading.Thread(target=print).start):
            try:
                action()
            except RuntimeError as error:
                print(error)

    atexit.register(see)


def calls_them_early():
    atexit.register(print, "called")
    atexit._run_exitfuncs()
    print("goes on")


def joins_its_threads():
    def work(name, seconds=0.2):
        time.sleep(seconds)
        print(name, end=" ")

    threading.Thread(target=work, args=["thread", 0.1]).start()
    threading.Timer(0.1, work, ["timer"]).start()
    kept.append(concurrent.futures.ThreadPoolExecutor(1))
    kept[0].submit(work, "job")
    kept[0].submit(work, "job")


def thread_leaves_another():
    def work():
        time.sleep(0.1)
        threading.Thread(target=print, args=["second"]).start()

    threading.Thread(target=work).start()
    sys.exit(6)


def leaves_daemon_threads():
    def spin():
        while True:
            len([])

    for target in (spin, lambda: time.sleep(1000)):
        threading.Thread(target=target, daemon=True).start()
    time.sleep(0.05)
    print("printed", end="")


def leaves_files(folder):
    path = lambda name: os.path.join(folder, name)
    kept.append(open(path("text"), "w"))
    kept.append(open(path("bytes"), "wb"))
    kept.append(open(path("both"), "w+b"))
    for file, data in zip(kept, ("text", b"bytes", b"both"), strict=True):
        file.write(data)
    for module, name in ((gzip, "gz"), (bz2, "bz2"), (lzma, "xz")):
        kept.append(module.open(path(f"text.{name}"), "wt"))
        kept[-1].write("compressed text")
        kept.append(module.open(path(f"bytes.{name}"), "wb"))
        kept[-1].write(b"compressed bytes")
    inner = open(path("given.gz"), "wb")
    kept.append(gzip.GzipFile(fileobj=inner, mode="wb"))
    kept[-1].write(b"into a file of ours")
    kept.append(inner)
    kept.append(io.BufferedWriter(Collecting(path("collected"))))
    kept[-1].write(b"collected")
    kept.append(io.TextIOWrapper(io.BufferedWriter(Collecting(path("collected text")))))
    kept[-1].write("collected text")
    kept.append(gzip.GzipFile(fileobj=io.BufferedWriter(Collecting(path("collected.gz"))), mode="wb"))
    kept[-1].write(b"collected")
    cycle = [open(path("cycle"), "w")]
    cycle.append(cycle)
    cycle[0].write("in a cycle")
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)
    child = subprocess.Popen(["/bin/cat"], stdin=reading, stdout=open(path("piped"), "wb"), pass_fds=[])
    os.close(reading)
    kept.append(child)
    kept.append(os.fdopen(writing, "w"))
    kept[-1].write("piped")
    sys.stdout = io.StringIO()  # where it was shadowed, too
    print("the text of sys.__stdout__", file=sys.__stdout__, end="")
    kept.append(open(1, "w", closefd=False))
    kept[-1].write(" and of another file for it")


def leaves_old_files(folder):
    gc.collect()
    gc.freeze()
    leaves_files(folder)
    gc.freeze()


def leaves_odd_files(folder):
    kept.append(io.TextIOWrapper.__new__(io.TextIOWrapper))
    kept.append(open(os.path.join(folder, "detached"), "w"))
    kept[-1].write("detached")
    kept.append(kept[-1].detach())
    kept.append(Detaching(open(os.path.join(folder, "own"), "wb")))
    kept[-1].write("own")
    kept.append(open(os.path.join(folder, "closed"), "w"))
    kept[-1].write("lost")
    os.close(kept[-1].fileno())


def leaves_a_file_that_cannot_be_written():
    kept.append(open("/dev/full", "w"))
    kept[-1].write("lost")


def logs_late(folder):
    target = logging.FileHandler(os.path.join(folder, "log"), delay=True)
    logging.getLogger().addHandler(logging.handlers.MemoryHandler(100, target=target))
    logging.warning("remembered until the end")


def leaves_a_folder():
    kept.append(tempfile.TemporaryDirectory())
    open(os.path.join(kept[0].name, "file"), "w").close()
    print(kept[0].name, end="")


def shadows_standard_output():
    sys.stdout = Late()
    print("printed late", end="")


def wraps_standard_output():
    sys.stdout = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-16-le")
    print("printed", end="")


def closes_standard_output():
    print("printed")
    sys.stdout.close()


def has_no_standard_output():
    sys.stdout = sys.stderr = None


def switches_the_collector_off():
    gc.disable()
    kept.append(Loud("global"))
    print("printed", end="")
    sys.exit(3)


def changes_the_collector():
    gc.callbacks.clear()
    gc.callbacks.append(lambda phase, facts: None)
    gc.set_threshold(5, 2, 2)
    del sys.modules["gc"]
    sys.exit(3)


def collects_while_it_ends():
    def collect():
        for _ in range(3):
            gc.collect()
        print("collected")

    atexit.register(collect)


def square(number):
    kept.append(Loud("child"))  # processes of multiprocessing end by os._exit
    atexit.register(print, "not called in children")
    return number * number


def fail(number):
    sys.exit(number)


def has_processes(method):
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        print([*pool.map(square, range(4))])
    child = context.Process(target=fail, args=[3])
    child.start()
    child.join()
    print(child.exitcode, end="")


def leaves_a_process(method):
    context = multiprocessing.get_context(method)
    context.Process(target=time.sleep, args=[0.2]).start()
    context.Process(target=time.sleep, args=[1000], daemon=True).start()
    print("printed", end="")


def forks():
    print("before", end=" ", flush=True)
    if os.fork() == 0:
        print("child", end=" ")
        sys.exit(3)
    print(os.waitstatus_to_exitcode(os.wait()[1]), end="")


def has_a_child_that_ends_as_usual():
    code = "import os\nclass A:\n def __del__(self): os.write(1, b'__del__')\na = A()"
    print(subprocess.run([sys.executable, "-c", code], capture_output=True).stdout)


def keeps_objects():
    def generator():
        try:
            yield
        finally:
            os.write(1, b"finally\n")

    kept.append(Loud("global"))
    Loud("cycle")
    kept.append(generator())
    next(kept[-1])
    kept.append(tempfile.NamedTemporaryFile())
    print(kept[-1].name)


if __name__ == "__main__":
    act, *arguments = sys.argv[1:]
    globals()[act](*arguments)
