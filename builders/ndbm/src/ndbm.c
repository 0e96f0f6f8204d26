/* POSIX ndbm over SQLite: what CPython's _dbm needs, without the licence of GNU dbm (GPL) or Berkeley DB (Sleepycat),
 * both of which would reach into every application that is linked from a distribution.
 *
 * One table, `entries(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID`, in FILE.db. Iteration walks the keys in their
 * order by asking for the next greater one, so it stays valid while entries are deleted, as POSIX wants.
 * A datum that is returned lives until the next call on the same DBM. Interface: POSIX.1-2024, <ndbm.h>.
 */
#include "ndbm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

enum { FETCH, INSERT, REPLACE, DELETE, FIRST, NEXT, STATEMENTS };

static const char *const sql[STATEMENTS] = {
    [FETCH] = "SELECT value FROM entries WHERE key = ?1",
    [INSERT] = "INSERT OR IGNORE INTO entries VALUES (?1, ?2)",
    [REPLACE] = "INSERT OR REPLACE INTO entries VALUES (?1, ?2)",
    [DELETE] = "DELETE FROM entries WHERE key = ?1",
    [FIRST] = "SELECT key FROM entries ORDER BY key LIMIT 1",
    [NEXT] = "SELECT key FROM entries WHERE key > ?1 ORDER BY key LIMIT 1",
};

struct pydist_dbm {
    sqlite3 *handle;
    sqlite3_stmt *statements[STATEMENTS];
    datum value;  /* what dbm_fetch returned last */
    datum key;    /* where the iteration stands */
    int error;
};

static const datum nothing = {NULL, 0};

static int refuse(DBM *db, int error)
{
    db->error = 1;
    errno = error;
    return -1;
}

/* Copy a column of the current row into `slot`; an empty blob is a datum too, so it gets an address. */
static datum keep(DBM *db, datum *slot, sqlite3_stmt *statement)
{
    size_t size = (size_t)sqlite3_column_bytes(statement, 0);
    const void *bytes = sqlite3_column_blob(statement, 0);
    void *copy = malloc(size ? size : 1);
    if (copy == NULL) {
        refuse(db, ENOMEM);
        return nothing;
    }
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    free(slot->dptr);
    slot->dptr = copy;
    slot->dsize = size;
    return *slot;
}

static int bind(sqlite3_stmt *statement, int position, datum value)
{
    if (value.dsize == 0) {
        return sqlite3_bind_zeroblob(statement, position, 0);
    }
    return sqlite3_bind_blob64(statement, position, value.dptr, value.dsize, SQLITE_STATIC);
}

static sqlite3_stmt *prepared(DBM *db, int which)
{
    if (db->statements[which] == NULL
        && sqlite3_prepare_v3(db->handle, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &db->statements[which], NULL)
               != SQLITE_OK) {
        refuse(db, EIO);
        return NULL;
    }
    return db->statements[which];
}

static datum one_column(DBM *db, int which, const datum *key, datum *slot)
{
    sqlite3_stmt *statement = prepared(db, which);
    if (statement == NULL) {
        return nothing;
    }
    datum result = nothing;
    if (key == NULL || bind(statement, 1, *key) == SQLITE_OK) {
        int state = sqlite3_step(statement);
        if (state == SQLITE_ROW) {
            result = keep(db, slot, statement);
        } else if (state != SQLITE_DONE) {
            refuse(db, EIO);
        }
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return result;
}

/* Runs a statement that writes. Returns the number of changed rows, or -1. */
static int change(DBM *db, int which, datum key, const datum *content)
{
    sqlite3_stmt *statement = prepared(db, which);
    if (statement == NULL) {
        return -1;
    }
    int state = bind(statement, 1, key);
    if (state == SQLITE_OK && content != NULL) {
        state = bind(statement, 2, *content);
    }
    if (state == SQLITE_OK) {
        state = sqlite3_step(statement);
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    if (state != SQLITE_DONE) {
        return refuse(db, state == SQLITE_READONLY ? EPERM : EIO);
    }
    return sqlite3_changes(db->handle);
}

DBM *dbm_open(const char *file, int flags, mode_t mode)
{
    size_t length = strlen(file);
    char *path = malloc(length + sizeof DBM_SUFFIX);
    DBM *db = calloc(1, sizeof *db);
    if (path == NULL || db == NULL) {
        goto fail;
    }
    memcpy(path, file, length);
    memcpy(path + length, DBM_SUFFIX, sizeof DBM_SUFFIX);

    /* The file is opened here first: flags, mode, umask and errno are then those of open(2). */
    int descriptor = open(path, flags | O_CLOEXEC, mode);
    if (descriptor < 0) {
        goto fail;
    }
    close(descriptor);

    int writable = (flags & O_ACCMODE) != O_RDONLY;
    if (sqlite3_open_v2(path, &db->handle, writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) {
        errno = EIO;
        goto fail;
    }
    sqlite3_busy_timeout(db->handle, 5000);
    const char *setup = writable
        ? "PRAGMA synchronous = OFF;"
          "CREATE TABLE IF NOT EXISTS entries (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
        : "SELECT 1 FROM entries LIMIT 1";
    if (sqlite3_exec(db->handle, setup, NULL, NULL, NULL) != SQLITE_OK) {
        errno = EINVAL;  /* there, but not one of ours */
        goto fail;
    }
    free(path);
    return db;

fail:;
    int error = errno;
    free(path);
    if (db != NULL) {
        sqlite3_close_v2(db->handle);
        free(db);
    }
    errno = error;
    return NULL;
}

void dbm_close(DBM *db)
{
    for (int i = 0; i < STATEMENTS; i++) {
        sqlite3_finalize(db->statements[i]);
    }
    sqlite3_close_v2(db->handle);
    free(db->value.dptr);
    free(db->key.dptr);
    free(db);
}

datum dbm_fetch(DBM *db, datum key)
{
    return one_column(db, FETCH, &key, &db->value);
}

int dbm_store(DBM *db, datum key, datum content, int mode)
{
    int rows = change(db, mode == DBM_REPLACE ? REPLACE : INSERT, key, &content);
    return rows < 0 ? -1 : rows == 0;
}

int dbm_delete(DBM *db, datum key)
{
    int rows = change(db, DELETE, key, NULL);
    if (rows == 0) {
        errno = ENOENT;
        return -1;
    }
    return rows < 0 ? -1 : 0;
}

datum dbm_firstkey(DBM *db)
{
    return one_column(db, FIRST, NULL, &db->key);
}

datum dbm_nextkey(DBM *db)
{
    if (db->key.dptr == NULL) {
        return dbm_firstkey(db);
    }
    datum position = db->key;
    return one_column(db, NEXT, &position, &db->key);
}

int dbm_error(DBM *db)
{
    return db->error;
}

int dbm_clearerr(DBM *db)
{
    db->error = 0;
    return 0;
}
