# /// script
# dependencies = []
#
# [tool.pydist]
# include = ["parts/*"]
# ///
# ruff: noqa - the acts do what one should not
"""Small acts that must end the same way when this script is run by `python -I` and when it is linked."""

import sys


def returns():
    print("done")


def exits_with_a_number():
    sys.exit(3)


def exits_with_a_large_number():
    sys.exit(2**40 + 5)


def exits_with_none():
    sys.exit(None)


def exits_with_a_message():
    sys.exit("that is all")


def exits_with_true():
    raise SystemExit(True)


def exits_from_a_subclass():
    class Leave(SystemExit):
        pass

    raise Leave(9)


def exits_by_the_builtin():
    exit(4)


def exits_at_once():
    import os

    print("lost", end="")
    os._exit(5)


def raises():
    import json

    json.loads("{")


def raises_in_an_import():
    import parts.broken


def misses_a_module():
    import parts.nothing


def raises_a_group():
    raise ExceptionGroup("many", [ValueError(1), KeyError("k")])


def raises_from_a_cause():
    try:
        {}["a"]
    except KeyError as error:
        raise RuntimeError("no a") from error


def raises_with_a_note():
    error = ValueError("x")
    error.add_note("a note")
    raise error


def fails_to_parse():
    import parts.syntax


def is_interrupted():
    raise KeyboardInterrupt


def is_interrupted_by_a_subclass():
    class Stop(KeyboardInterrupt):
        pass

    raise Stop


def gets_the_signal():
    import os
    import signal

    os.kill(os.getpid(), signal.SIGINT)


def dies_by_a_signal():
    import os
    import signal

    os.kill(os.getpid(), signal.SIGTERM)


def runs_atexit_functions():
    import atexit
    import os

    atexit.register(lambda: os.write(1, b"second\n"))
    print("first")


def fails_in_atexit():
    import atexit

    atexit.register(lambda: 1 / 0)


def leaves_a_thread():
    import threading
    import time

    threading.Thread(target=lambda: (time.sleep(0.1), print("thread done"))).start()
    print("main done")


def fails_in_a_thread():
    import threading

    threading.Thread(target=lambda: 1 / 0, name="worker").start()


def exits_from_a_thread():
    import threading

    threading.Thread(target=sys.exit, args=(6,)).start()


def reads_all_of_stdin():
    print(len(sys.stdin.read()), sys.stdin.encoding, sys.stdin.errors)


def reads_a_line():
    print(repr(input("prompt> ")))


def shows_its_streams():
    for name in ("stdin", "stdout", "stderr"):
        stream = getattr(sys, name)
        facts = stream and (stream.encoding, stream.errors, stream.line_buffering, stream.write_through, stream.name)
        print(name, facts, file=sys.stderr or sys.stdout)


def writes_much():
    for _ in range(100_000):
        print("x" * 50)


def warns():
    import warnings

    warnings.warn("look here", DeprecationWarning, stacklevel=1)
    warnings.warn("and here", UserWarning, stacklevel=1)


def collects_garbage_at_exit():
    class Node:
        def __del__(self):
            print("node gone")

    node = Node()
    node.itself = node


def prints_at_shutdown():
    class Last:
        def __del__(self):
            import json

            print("last", json is not None)

    globals()["last"] = Last()


def shows_the_collector():
    import gc

    print(gc.isenabled(), gc.get_threshold(), gc.get_freeze_count())


def shows_its_arguments():
    print(sys.argv[1:], sys.flags.isolated, sys.flags.ignore_environment, sys.flags.optimize, sys.flags.safe_path)
    print(sys.flags.utf8_mode, sys.getfilesystemencoding(), sys.getfilesystemencodeerrors(), sys.warnoptions)


def shows_main():
    space = {name for name in globals() if name.startswith("__")}
    print(__name__, __spec__, __package__, sorted(space), __file__.rpartition("/")[2], type(__builtins__).__name__)


def shows_a_module():
    import importlib.util

    import parts.one as one

    print(one.__name__, one.__package__, one.__file__, one.__cached__, one.__spec__.has_location, one.__doc__)
    import parts

    print(parts.__path__, parts.__spec__.submodule_search_locations, parts.__spec__.parent, repr(parts))
    spec = importlib.util.find_spec("parts.one")
    print(spec.name, spec.origin, spec.cached, spec.parent, importlib.util.find_spec("parts.none"))
    print(one.function.__code__.co_filename, one.Class.method.__code__.co_filename)


def reads_source():
    import inspect
    import linecache

    import parts.one as one

    print(inspect.getsource(one.function), inspect.getsourcefile(one), inspect.getfile(one.Class))
    print(inspect.getsource(inspect.getsource)[:40], linecache.getline(one.__file__, 1, vars(one)))
    print(one.__loader__.get_source("parts.one")[:20], one.__loader__.is_package("parts.one"))
    print(one.__loader__.get_filename("parts.one"), one.__loader__.get_code("parts.one"))


def reads_resources():
    import importlib.resources as resources
    import pkgutil

    import parts

    files = resources.files("parts")
    print(sorted(item.name for item in files.iterdir() if item.name != "__pycache__"))
    text = files / "data" / "words.txt"
    print(text.read_text(encoding="utf-8"), text.read_bytes(), text.is_file(), files.joinpath("data").is_dir())
    print(
        text.name,
        (files / "none").is_file(),
        (files / "none").is_dir(),
        str(text) == f"{parts.__path__[0]}/data/words.txt",
    )
    print(resources.read_text("parts", "data", "words.txt", encoding="utf-8"), resources.is_resource("parts", "one.py"))
    with resources.as_file(text) as path:
        print(path.read_text(encoding="utf-8"), path.suffix)
    with resources.as_file(files / "data") as folder:
        print(sorted(item.name for item in folder.iterdir()))
    with text.open(encoding="utf-8") as file:
        print(file.readline())
    print(pkgutil.get_data("parts", "data/words.txt"))
    print(sorted(item.name for item in resources.files("parts.space").iterdir() if item.name != "__pycache__"))
    for wrong in (
        lambda: (files / "none").read_text(),
        lambda: pkgutil.get_data("parts", "none"),
        lambda: list(text.iterdir()),
    ):
        try:
            wrong()
        except OSError as error:
            print(type(error).__name__, error.errno)


def lists_modules():
    import pkgutil

    import parts

    print([(item.name, item.ispkg) for item in pkgutil.iter_modules(parts.__path__, "parts.")])
    print([item.name for item in pkgutil.walk_packages(parts.__path__, "parts.", onerror=print)])
    print(pkgutil.resolve_name("parts.one:Class").__name__, [item.name for item in pkgutil.iter_modules(["/nowhere"])])


def imports_a_namespace():
    import parts.space
    import parts.space.star

    print(parts.space.__file__, list(parts.space.__path__), parts.space.__spec__.origin, parts.space.star.SHINES)


def imports_in_threads():
    import importlib
    import threading

    names = ["json", "decimal", "email.message", "http.client", "asyncio", "parts.one", "xml.etree.ElementTree", "csv"]
    barrier = threading.Barrier(16)
    found = []

    def work(number):
        barrier.wait()
        for name in names[number % 8 :] + names[: number % 8]:
            found.append((name, id(importlib.import_module(name))))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(found), len(set(found)))


def reloads_a_module():
    import importlib

    import parts.one as one

    one.added = 1
    again = importlib.reload(one)
    print(again is one, one.added, one.__spec__.origin)


def moves_a_search_path():
    import os

    import parts

    sys.path.insert(0, os.path.join(parts.__path__[0], "vendored"))
    import treasure

    print(treasure.WHERE, treasure.__file__, treasure.__spec__.name)
    parts.__path__ = ["/nowhere"]
    try:
        import parts.one
    except ImportError as error:
        print(error)


def looks_in_a_folder_that_is_called_alike():
    import parts

    parts.__path__ = [sys.prefix + "-plugins"]
    try:
        import parts.one
    except ImportError as error:
        print(error)


def reads_through_dots():
    import pkgutil

    import parts

    folder = parts.__path__[0]
    read = parts.__loader__.get_data
    for path in (f"{folder}/../parts/one.py", f"{folder}/./one.py", f"{folder}//one.py", f"{folder}/data/../one.py"):
        print(read(path) == read(f"{folder}/one.py"))
    sys.path.insert(0, f"{folder}/data/../vendored/.")
    import treasure

    print(treasure.WHERE, treasure.__file__, treasure.__loader__.get_code("treasure").co_filename)
    try:
        read(f"{folder}/../../../../../../../../../../nowhere/one.py")
    except OSError:
        print("no such file")


def uses_its_loader_as_others_do():
    import copy
    import importlib.abc
    import pickle

    import parts.one as one

    loader = one.__loader__
    print(isinstance(loader, importlib.abc.InspectLoader), isinstance(loader, importlib.abc.ExecutionLoader))
    print(isinstance(sys.path_importer_cache.get(one.__file__), importlib.abc.PathEntryFinder))
    spec = copy.deepcopy(one.__spec__)
    print(spec == one.__spec__, pickle.loads(pickle.dumps(loader)).get_filename("parts.one"))
    space = {}
    exec(loader.source_to_code(b"x = __import__('sys')._getframe().f_code.co_filename", "a.py"), space)
    print(space["x"])
    for path in (sys.path[0] + "/nowhere", "/nowhere"):
        for hook in (sys.path_hooks[0], sys.path_hooks[-1]):
            try:
                hook(path)
            except ImportError:
                print("no folder")


def interrupts_its_excepthook():
    def hook(*facts):
        print(sys.excepthook is hook, facts[0])
        raise KeyboardInterrupt

    sys.excepthook = hook
    raise ValueError(1)


def exits_from_its_excepthook():
    def hook(*facts):
        sys.exit(7)

    sys.excepthook = hook
    raise ValueError(1)


def fails_in_its_excepthook():
    def hook(*facts):
        raise KeyError(2)

    sys.excepthook = hook
    raise ValueError(1)


def runs_a_module():
    import runpy

    print(sorted(runpy.run_module("parts.one")["NAMES"]), runpy.run_path(__file__, run_name="other")["__name__"])


def pickles():
    import copy
    import pickle

    import parts.one as one

    print(pickle.loads(pickle.dumps(one.Class())).method(), copy.deepcopy(one.Class()).method())


def uses_a_subinterpreter():
    try:
        from concurrent.interpreters import create
    except ImportError:
        return
    interpreter = create()
    interpreter.exec("import json, parts.one; print(json.__spec__.name, parts.one.Class().method(), flush=True)")
    interpreter.close()


def doubled(number):
    return number * 2


def uses_processes():
    import concurrent.futures
    import multiprocessing

    import parts.one as one

    for method in ("fork", "forkserver", "spawn"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            print(method, pool.map(doubled, range(4)), pool.apply(one.function))
        queue = context.Queue()
        child = context.Process(target=queue.put, args=("from a child",))
        child.start()
        print(queue.get(), child.join(), child.exitcode)
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        print(list(pool.map(doubled, range(3))))


def shares_memory():
    from multiprocessing import shared_memory

    memory = shared_memory.SharedMemory(create=True, size=10)
    memory.buf[0] = 7
    print(memory.buf[0])
    memory.close()
    memory.unlink()


def shows_a_source_line_by_name():
    import linecache
    import tracemalloc

    tracemalloc.start()
    kept = [str(number) for number in range(100)]
    print(linecache.getline(__file__, 8), len(kept))
    trace = tracemalloc.get_object_traceback(kept)
    print(trace.format()[-1].strip())


if __name__ == "__main__":
    name = sys.argv[1] if len(sys.argv) > 1 else "returns"
    if name not in globals():
        import parts.files
        import parts.memory

        {**vars(parts.files), **vars(parts.memory)}[name]()
    else:
        globals()[name]()
