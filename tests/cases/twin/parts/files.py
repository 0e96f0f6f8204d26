# ruff: noqa - the acts do what one should not
"""Acts with files beside a module, and with child processes; see twin.py."""

import sys


def reads_files_beside_it():
    import glob
    import mmap
    import os
    import pathlib

    folder = os.path.dirname(os.path.abspath(__file__))
    words = os.path.join(folder, "data", "words.txt")
    with open(words) as file:
        print(
            file.read(5),
            file.name == words,
            file.fileno() > 2,
            os.fstat(file.fileno()).st_size,
            file.seek(3),
            file.read(3),
        )
    with open(words, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as memory:
        print(memory[:4], len(memory) == os.path.getsize(words) == os.stat(words).st_size)
    descriptor = os.open(words, os.O_RDONLY)
    print(os.read(descriptor, 4), os.get_inheritable(descriptor), os.close(descriptor))
    print(
        pathlib.Path(words).read_bytes() == open(words, "rb").read(),
        pathlib.Path(words).resolve() == pathlib.Path(words),
    )
    print(sorted(os.path.relpath(path, folder) for path in glob.glob(folder + "/**/*.txt", recursive=True)))
    print(sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and entry.stat().st_size))
    print([(os.path.relpath(top, folder), sorted(files)) for top, folders, files in os.walk(folder + "/data")])
    print(
        os.path.isdir(folder),
        os.path.isfile(folder),
        os.path.isfile(words),
        os.path.islink(words),
        os.access(words, os.R_OK),
    )
    print(os.path.samefile(words, os.path.join(folder, "data", "..", ".", "data", "words.txt")))
    print(os.statvfs(words).f_blocks == os.statvfs(folder).f_blocks > 0)
    print(os.path.realpath(folder + "/data/../one.py") == os.path.join(folder, "one.py"))


def fails_on_files_that_are_not_there():
    import os

    folder = os.path.dirname(os.path.abspath(__file__))
    for act, path in (
        (open, "none.txt"),
        (open, "data"),
        (open, "one.py/x"),
        (os.stat, "none/none"),
        (os.listdir, "none"),
        (os.listdir, "one.py"),
        (os.scandir, "one.py/"),
        (os.readlink, "one.py"),
        (os.stat, "one.py/"),
    ):
        try:
            act(os.path.join(folder, path))
        except OSError as error:
            print(act.__name__, path, type(error).__name__, error.errno)


def copies_its_files():
    import os
    import shutil
    import tempfile

    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(source, os.path.join(folder, "copy"))
        print(sorted(os.listdir(copy)), os.access(os.path.join(copy, "words.txt"), os.W_OK))
        with open(os.path.join(copy, "words.txt"), "a") as file:
            file.write("more")
        archive = shutil.make_archive(os.path.join(folder, "packed"), "zip", source)
        print(os.path.getsize(archive) > 100)


def imports_from_a_path():
    import importlib.util
    import os
    import runpy

    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vendored", "treasure.py")
    spec = importlib.util.spec_from_file_location("gold", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    print(sorted(name for name in vars(module) if not name.startswith("__")), module.__file__ == path)
    print(sorted(name for name in runpy.run_path(path) if not name.startswith("__")))


def searches_folders_as_others_do():
    import copy
    import importlib
    import importlib.machinery
    import os
    import pickle
    import pkgutil
    import tempfile

    folder = os.path.dirname(os.path.abspath(__file__))
    finder = pkgutil.get_importer(folder)
    for each in (finder, pickle.loads(pickle.dumps(finder)), copy.deepcopy(finder)):
        each.invalidate_caches()
        spec = each.find_spec("other.one")
        print(type(each) is importlib.machinery.FileFinder, each.path == folder, each.find_spec("none"))
        print(spec.name, spec.origin, spec.cached, isinstance(spec.loader, importlib.machinery.SourceFileLoader))
        print(each.find_spec("space").loader, each.find_spec("space").submodule_search_locations)
    print([(item.name, item.ispkg, item.module_finder == finder) for item in pkgutil.iter_modules([folder])])
    spec = pkgutil.get_importer(os.path.dirname(folder)).find_spec("parts")
    print(spec.submodule_search_locations == [folder], spec.loader.is_package("parts"))
    with tempfile.TemporaryDirectory() as other:
        os.mkdir(other + "/space")
        for name in ("one.py", "space/moon.py", "sound.py"):
            with open(os.path.join(other, name), "w") as file:
                file.write(f"NAME = {name!r}")
        sys.path[:0] = [folder, other]
        import one
        import sound
        import space.moon
        import space.star

        print(one.__file__, sound.NAME, space.moon.NAME, space.star.SHINES)
        print([path.replace(other, "OTHER") for path in space.__path__])
        sys.path.reverse()
        del sys.modules["one"]
        importlib.invalidate_caches()
        print(importlib.import_module("one").__file__.replace(other, "OTHER"))


def reads_files_by_other_names():
    import contextlib
    import glob
    import os
    import pathlib
    import shutil
    import subprocess
    import tempfile

    folder = os.path.dirname(os.path.abspath(__file__))
    words, top = os.path.join(folder, "data", "words.txt"), os.path.dirname(folder)
    if top.startswith(sys.prefix):
        top = sys.prefix

    def look(name, **options):
        with open(name, opener=lambda *how: os.open(*how, **options)) as file:
            print(file.read(5), os.stat(name, **options).st_size == os.stat(words).st_size)
        print(os.access(name, os.R_OK, **options), os.access(name, os.X_OK, **options))
        for wrong in (name + "x", name + "/x", os.path.join(os.path.dirname(name), "none", "none")):
            try:
                os.stat(wrong, **options)
            except OSError as error:
                print(type(error).__name__)
        try:
            os.readlink(name, **options)
        except OSError as error:
            print(type(error).__name__, error.errno)

    def look_around(name):
        look(name)
        above = os.path.dirname(name)
        print(os.path.isfile(name), os.path.isdir(above), os.listdir(above), [each.name for each in os.scandir(above)])
        print(pathlib.Path(name).resolve() == pathlib.Path(words), os.path.samefile(name, words))
        print([os.path.basename(each) for each in glob.glob(above + "/../**/*.txt", recursive=True)])

    os.chdir(os.path.dirname(top))
    look_around(os.path.relpath(words))
    descriptor = os.open(".", os.O_RDONLY)
    os.chdir("/")
    look(os.path.relpath(words, os.path.dirname(top)), dir_fd=descriptor)
    os.close(descriptor)
    with tempfile.TemporaryDirectory() as other:
        os.symlink(top, other + "/link")
        below = os.path.relpath(words, top)
        look_around(f"{other}/link/{below}")
        print(len(os.listdir(other + "/link")) > 0, sorted(os.listdir(other)))
        print(os.path.getsize(shutil.copy2(f"{other}/link/{below}", other + "/copy")) == os.path.getsize(words))
        os.chdir(other)
        look_around(f"./link/{below}")
        with contextlib.suppress(OSError), open("link/new", "w"):
            os.remove("link/new")
        os.symlink(os.path.dirname(os.path.dirname(sys.executable)), "home")
        command = ["home/bin/" + os.path.basename(sys.executable), "-c", "print(5)"]
        print(subprocess.check_output(command), subprocess.check_output(command, close_fds=False))
        os.chdir("/")


def forks_while_threads_list_folders():
    import os
    import threading

    folder, over = os.path.dirname(os.path.abspath(__file__)), threading.Event()

    def work():
        while not over.is_set():
            os.listdir(folder)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        child = os.fork()
        if not child:
            for _ in range(20):
                os.listdir(folder)
            os._exit(0)
        os.waitpid(child, 0)
    over.set()
    print("all came back")


def keeps_many_folders_open():
    import os

    folder = os.path.dirname(os.path.abspath(__file__))
    many = [os.scandir(folder) for _ in range(900)]
    print({len(list(each)) > 5 for each in many}, len({id(each) for each in many}))
    again = [os.scandir(folder) for _ in range(900)]
    print({next(each).name != "" for each in again})


def passes_many_arguments():
    import subprocess

    code = "import sys; print(len(sys.argv), sys.argv[-1])"
    print(subprocess.check_output([sys.executable, "-c", code, *map(str, range(3000))]))


def starts_pythons():
    import os
    import subprocess

    def run(*arguments, **options):
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **options)
        print(
            done.returncode,
            done.stdout.strip(),
            done.stderr.strip().replace(sys.executable, "PYTHON").splitlines()[-1:],
        )

    run("-c", "import sys; print(sys.argv, sys.flags.isolated, sys.path[0])", "a", "-b")
    run(
        "-I",
        "-s",
        "-u",
        "-X",
        "utf8",
        "-W",
        "error",
        "-c",
        "import sys; print(sys.argv, sys.flags.isolated, sys.warnoptions)",
    )
    run(
        "-E", "-B", "-c", "import sys; print(sys.flags.ignore_environment, sys.dont_write_bytecode, sys.flags.optimize)"
    )
    run("-O", "-c", "assert False")
    run("-c", "raise SystemExit(7)")
    run("-m", "json.tool", "--no-such-option")
    run("-", input="print(6 * 7)")
    run("/none.py")
    run(
        "-c", "import os; print(os.environ['PYTHONPATH'], '/opt' in __import__('sys').path)", env={"PYTHONPATH": "/opt"}
    )
    run("-c", "import subprocess, sys; print(subprocess.check_output([sys.executable, '-c', 'print(5)']))")
    run("-c", "print(2)", close_fds=False)
    shell = f"{sys.executable} -c 'import sys; print(sys.argv)' a && {sys.executable} -c 'raise SystemExit(3)'"
    done = subprocess.run(shell, shell=True, capture_output=True, text=True)
    print(done.returncode, done.stdout, os.waitstatus_to_exitcode(os.system(shell)))
    print(
        subprocess.check_output(["cat", os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "words.txt")])
    )
    print(os.path.isfile(sys.executable), os.access(sys.executable, os.X_OK))
    child = os.posix_spawn(sys.executable, [sys.executable, "-c", "raise SystemExit(9)"], dict(os.environ))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def starts_itself_again():
    import os
    import subprocess

    if "again" in sys.argv:
        print("again", sys.argv[1:])
        return
    print(subprocess.run([sys.executable, *sys.argv, "again"], capture_output=True, text=True).stdout)
    sys.stdout.flush()
    os.execv(sys.executable, [*sys.orig_argv, "again"])
