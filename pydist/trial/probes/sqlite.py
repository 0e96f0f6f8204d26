"""library.sqlite: what people expect of an SQLite that comes with Python."""

from __future__ import annotations

import sqlite3
import sys

from pydist.trial.probes.say import TASK, done, expect, problem

WANTED = {"ENABLE_FTS3", "ENABLE_FTS4", "ENABLE_FTS5", "ENABLE_RTREE", "ENABLE_GEOPOLY", "ENABLE_DBSTAT_VTAB"}
db = sqlite3.connect(":memory:")
options = {row[0].partition("=")[0] for row in db.execute("pragma compile_options")}
for missing in sorted(WANTED - options):
    problem("SQLite was built without it", where="pragma compile_options", expected=missing)
if sys.version_info >= (3, 11):  # before, the module always says 1
    expect("threads may share the library", sqlite3.threadsafety, 3)
db.execute("create virtual table text using fts5(body)")
db.executemany("insert into text values (?)", [("a quick brown fox",), ("lazy dogs",)])
expect(
    "full-text search", db.execute("select body from text where text match 'fox'").fetchall(), [("a quick brown fox",)]
)
db.execute("create virtual table box using rtree(id, x0, x1)")
db.execute("insert into box values (1, 0.0, 2.0)")
expect("R*Tree", db.execute("select id from box where x1 > 1").fetchall(), [(1,)])
expect("JSON", db.execute("""select json_extract('{"a":[1,2]}', '$.a[1]')""").fetchall(), [(2,)])
expect("mathematical functions", db.execute("select sqrt(16.0)").fetchall(), [(4.0,)])
db.create_function("twice", 1, lambda value: value * 2)
expect("functions in Python", db.execute("select twice(21)").fetchall(), [(42,)])
newer = ("serialize", "deserialize", "blobopen") if sys.version_info >= (3, 11) else ()
for method in ("enable_load_extension", "load_extension", "backup", *newer):
    if not hasattr(db, method):
        problem("a connection has no such method", where=f"sqlite3.Connection.{method}")
db.commit()
copy = sqlite3.connect(f"{TASK['folder']}/copy.db")
db.backup(copy)
expect("a backup in a file", copy.execute("select count(*) from text").fetchall(), [(2,)])
copy.close()
done(f"SQLite {sqlite3.sqlite_version}")
