# /// script
# dependencies = ["duckdb"]
# ///
import duckdb

assert duckdb.sql("select 6 * 7").fetchall() == [(42,)]
