/* The POSIX <ndbm.h> interface over SQLite. See ndbm.c for why it exists. */
#ifndef PYDIST_NDBM_H
#define PYDIST_NDBM_H

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    void *dptr;
    size_t dsize;
} datum;

typedef struct pydist_dbm DBM;

#define DBM_INSERT 0
#define DBM_REPLACE 1
#define DBM_SUFFIX ".db"

DBM *dbm_open(const char *file, int flags, mode_t mode);
void dbm_close(DBM *db);
datum dbm_fetch(DBM *db, datum key);
int dbm_store(DBM *db, datum key, datum content, int mode);
int dbm_delete(DBM *db, datum key);
datum dbm_firstkey(DBM *db);
datum dbm_nextkey(DBM *db);
int dbm_error(DBM *db);
int dbm_clearerr(DBM *db);

#ifdef __cplusplus
}
#endif

#endif
