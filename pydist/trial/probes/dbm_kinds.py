"""library.dbm: every kind of dbm that is there keeps what it was given."""

from __future__ import annotations

import importlib
import importlib.util

from pydist.trial.probes.say import TASK, done, each, expect

KINDS = {"dbm.dumb": None, "dbm.ndbm": "_dbm", "dbm.gnu": "_gdbm", "dbm.sqlite3": "_sqlite3"}
there = [kind for kind, module in KINDS.items() if module not in TASK["left_out"] and importlib.util.find_spec(kind)]


def keep(kind: str) -> str | None:
    module = importlib.import_module(kind)
    name = f"{TASK['folder']}/{kind}"
    with module.open(name, "c") as db:
        for number in range(100):
            db[f"k{number}"] = bytes([number]) * number
        del db["k7"]
        db[b"\0a"] = b""
    with module.open(name) as db:
        expect("what was kept", (len(db.keys()), db["k99"], b"k7" in db, db[b"\0a"]),
               (100, bytes([99]) * 99, False, b""), where=kind)  # fmt: skip
    return None


each(there, keep)
done(", ".join(there))
