/* The locale C.UTF-8 where a system has no file of it: glibc reads one, musl needs none. Here it is the locale C, with
 * which it shares everything but the encoding of characters. Python, started in the locale C, uses UTF-8 all the same
 * (PEP 540), and asks the C library for no encoding then.
 *
 * Invariant: what the C library has is what is used. */
#include <langinfo.h>
#include <locale.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "interpose.h"

#ifdef __GLIBC__

INTERPOSE(char *, setlocale, int category, const char *name);

static const struct {
    int category;
    const char *variable;
} categories[] = {
    {LC_CTYPE, "LC_CTYPE"}, {LC_NUMERIC, "LC_NUMERIC"}, {LC_TIME, "LC_TIME"}, {LC_COLLATE, "LC_COLLATE"},
    {LC_MONETARY, "LC_MONETARY"}, {LC_MESSAGES, "LC_MESSAGES"}, {LC_PAPER, "LC_PAPER"}, {LC_NAME, "LC_NAME"},
    {LC_ADDRESS, "LC_ADDRESS"}, {LC_TELEPHONE, "LC_TELEPHONE"}, {LC_MEASUREMENT, "LC_MEASUREMENT"},
    {LC_IDENTIFICATION, "LC_IDENTIFICATION"},
};

static int is_c(const char *name)
{
    static const char *const names[] = {"C", "POSIX", "C.UTF-8", "C.UTF8"};
    for (size_t at = 0; at < sizeof names / sizeof *names; at++) {
        if (!strcasecmp(name, names[at]))
            return 1;
    }
    return 0;
}

/* The name that the environment gives a category. */
static const char *wanted(const char *variable)
{
    const char *const variables[] = {"LC_ALL", variable, "LANG"};
    for (size_t at = 0; at < sizeof variables / sizeof *variables; at++) {
        const char *name = getenv(variables[at]);
        if (name && *name)
            return name;
    }
    return "C";
}

/* Whether `name`, or what the environment says where it is empty, means the locale C in one of its encodings. */
static int means_c(int category, const char *name)
{
    for (size_t at = 0; !*name && at < sizeof categories / sizeof *categories; at++) {
        int asked = category == LC_ALL || category == categories[at].category;
        if (asked && !is_c(wanted(categories[at].variable)))
            return 0;
    }
    return !*name || is_c(name);
}

/* Whether it is called by its own name. Python must see that it starts in the locale C, or it would let the C library
 * decode its arguments; it asks for LC_CTYPE alone then, and programs ask for LC_ALL. */
static _Atomic int named;

char *our_setlocale(int category, const char *name)
{
    static char own_name[] = "C.UTF-8";
    char *result = NEXT(setlocale)(category, name);
    int of_characters = category == LC_ALL || category == LC_CTYPE;
    if (!name)
        return result && of_characters && named && !strcmp(result, "C") ? own_name : result;
    if (result) {
        named &= !of_characters;
        return result;
    }
    if (!means_c(category, name))
        return NULL;
    named |= category == LC_ALL;
    result = NEXT(setlocale)(category, "C");
    return named && of_characters ? own_name : result;
}

INTERPOSE(char *, nl_langinfo, nl_item item);

char *our_nl_langinfo(nl_item item)
{
    static char encoding[] = "UTF-8";
    return item == CODESET && named ? encoding : NEXT(nl_langinfo)(item);
}

#endif
