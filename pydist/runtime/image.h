/* The image: everything a linked application imports or reads, as one block of bytes that is used where the
 * kernel mapped it.
 *
 * This file is normative together with docs/reference/image.md. pydist/link/image.py is its twin; a test compiles
 * a program that prints the offsets below and compares them with the twin.
 *
 * Invariants: little endian; every offset counts from the first byte of the image; every section starts at a
 * multiple of 16; strings are UTF-8 and followed by one NUL that their length does not count; the tables
 * (everything before META) are contiguous and covered by `tables_checksum`.
 */
#ifndef PYDIST_IMAGE_H
#define PYDIST_IMAGE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the image is read in place and is little endian"
#endif

#define IMAGE_MAGIC "pydist\x1a\n" /* a text-mode copy or a NUL-stripping tool damages it visibly */
#define IMAGE_FORMAT 4u
#define IMAGE_NONE 0xffffffffu /* no row */

enum image_section_id {
    IMAGE_MODULES,      /* struct image_module, sorted by name */
    IMAGE_MODULE_HASH,  /* uint32_t row numbers, IMAGE_NONE = free; power of two; linear probing; key = name */
    IMAGE_ENTRIES,      /* struct image_entry: the virtual tree, breadth first, row 0 is its root */
    IMAGE_ENTRY_HASH,   /* as MODULE_HASH; key = path */
    IMAGE_FROZEN,       /* struct image_frozen: modules needed before the importer runs */
    IMAGE_CONFIG,       /* struct image_setting, in the order given; keys may repeat */
    IMAGE_NEEDS,        /* struct image_need, sorted by entry; those of one entry in the order of loading */
    IMAGE_REHEARSALS,   /* struct image_rehearsal, sorted by hash; see rehearsal.h */
    IMAGE_STRINGS,      /* bytes */
    IMAGE_META,         /* bytes: JSON for `pydist inspect`, never read at run time */
    IMAGE_CODE,         /* bytes: marshalled code objects, without a .pyc header */
    IMAGE_REHEARSED,    /* bytes: what rows of REHEARSALS refer to */
    IMAGE_SOURCE,       /* bytes: files that are the source of a module */
    IMAGE_DATA,         /* bytes: all other files */
    IMAGE_SECTION_COUNT
};

struct image_section {
    uint64_t offset;
    uint64_t size;  /* bytes; always count * row_size */
    uint32_t count; /* rows; of a byte section 0 */
    uint32_t row_size; /* of a byte section 0 */
};

struct image_header {
    char magic[8];
    uint32_t format;
    uint32_t header_size;
    uint64_t image_size;
    uint64_t tables_size;     /* header and tables: the bytes before META */
    uint64_t tables_checksum; /* image_checksum() of these, with this field zero */
    uint8_t content_sha256[32]; /* of all bytes after the header; for `pydist inspect`, not checked at start */
    uint32_t python_hex;      /* PY_VERSION_HEX of the interpreter that the code is for */
    uint32_t pyc_magic;       /* importlib.util.MAGIC_NUMBER as a number */
    char abi_tag[16];         /* sys.implementation.cache_tag, padded with NUL */
    struct image_section sections[IMAGE_SECTION_COUNT];
};

/* The last bytes of an image, so that a file that was cut short is noticed. */
struct image_trailer {
    uint64_t image_size;
    char magic[8];
};

struct image_string {
    uint32_t offset; /* within STRINGS */
    uint32_t size;
};

enum image_module_flags {
    IMAGE_PACKAGE = 1,   /* has submodules; `path` is its __init__ file, or its folder when IMAGE_NAMESPACE is set too */
    IMAGE_NAMESPACE = 2, /* a folder without __init__: no code, no file */
    IMAGE_STDLIB = 4,    /* comes with the distribution */
    IMAGE_EXTENSION = 8, /* `path` is a shared object: no code, no source */
    IMAGE_BUILTIN = 16,  /* together with IMAGE_EXTENSION: the file is empty, the module is built into the executable */
};

struct image_module {
    struct image_string name; /* dotted */
    struct image_string path; /* below the virtual root */
    uint64_t code_offset;     /* within the image */
    uint32_t code_size;       /* 0: compile the source when it is imported */
    uint32_t entry;           /* row of `path` in ENTRIES, or IMAGE_NONE when no source is carried */
    uint32_t flags;
    uint32_t hash;            /* image_hash(name) */
};

enum image_entry_flags {
    IMAGE_FOLDER = 1,
    IMAGE_EXECUTABLE = 2, /* for `pydist inspect --extract` */
    IMAGE_IN_PLACE = 4,   /* a shared object that can be loaded where it is (in_place.c); at a multiple of 4096 */
};

struct image_entry {
    struct image_string path; /* "" for the root, else without leading or trailing slash */
    uint64_t data_offset;     /* within the image */
    uint64_t data_size;
    uint32_t flags;
    uint32_t parent;      /* row; of the root IMAGE_NONE */
    uint32_t first_child; /* row; children are contiguous and sorted by name */
    uint32_t child_count;
    uint32_t module;      /* row in MODULES whose `path` this is, or IMAGE_NONE */
    uint32_t hash;        /* image_hash(path) */
};

struct image_frozen {
    struct image_string name; /* what the interpreter imports */
    uint32_t module;          /* row in MODULES whose code it gets */
};

struct image_setting {
    struct image_string key;
    struct image_string value;
};

/* A shared object cannot be loaded before another one is, which its own list of needs may leave to a search path. */
struct image_need {
    uint32_t entry;  /* row in ENTRIES */
    uint32_t needed; /* row in ENTRIES */
    uint64_t name;   /* where in the entry's file a name for `needed` is to be written; 0: it asks for the SONAME */
};
#define IMAGE_NAME_ROOM 128 /* bytes that there are for it */

/* What compiles a text. */
enum image_rehearsal_kind {
    IMAGE_EXEC = 1,    /* exec(text) */
    IMAGE_EVAL,        /* eval(text) */
    IMAGE_COMPILE,     /* compile(text, file name, mode); the key is file name, NUL, mode, NUL, text */
    IMAGE_PATTERN,     /* re.compile(text, flags) */
    IMAGE_BYTE_PATTERN /* the same with bytes */
};

/* A text that was compiled when the application was linked. The key is the text, as UTF-8 or as bytes. The value is
 * marshalled: a code object; of a pattern, what `_sre.compile` takes beside the pattern (flags, code as native 32-bit
 * words in bytes, groups, names of groups, index of groups). */
struct image_rehearsal {
    uint64_t hash;   /* image_text_hash(key) */
    uint64_t offset; /* within the image: the key, behind it the value */
    uint32_t key_size;
    uint32_t value_size;
    uint32_t kind;   /* enum image_rehearsal_kind */
    uint32_t flags;  /* of the future statements that hold for the text, as CO_FUTURE_* has them, or those of the pattern */
};

static_assert(sizeof(struct image_section) == 24, "layout");
static_assert(sizeof(struct image_header) == 432, "layout");
static_assert(sizeof(struct image_rehearsal) == 32, "layout");
static_assert(offsetof(struct image_header, sections) == 96, "layout");
static_assert(sizeof(struct image_trailer) == 16, "layout");
static_assert(sizeof(struct image_module) == 40, "layout");
static_assert(sizeof(struct image_entry) == 48, "layout");
static_assert(sizeof(struct image_frozen) == 12, "layout");
static_assert(sizeof(struct image_setting) == 16, "layout");
static_assert(sizeof(struct image_need) == 16, "layout");

/* A mapped image whose header, section bounds and table checksum have been checked. Rows are checked when used:
 * the functions below return NULL or 0 instead of reading outside. */
struct image {
    const unsigned char *base;
    const struct image_header *header;
    const struct image_module *modules;
    const struct image_entry *entries;
    const char *strings;
};

/* CRC-32 (reflected, 0xEDB88320), what zlib.crc32 computes: the hash of names and paths. */
uint32_t image_hash(const char *text, size_t size);

/* The hash of a text that was compiled: the checksum below of its bytes, filled up with zeros to a multiple of 8, with its
 * size as a last word. */
uint64_t image_text_hash(const char *text, size_t size);

/* The checksum of the tables: 64-bit words, h = rotl(h ^ word, 29) * K. `size` is a multiple of 8. */
uint64_t image_checksum(const unsigned char *bytes, size_t size);

/* Check the image at `base` of which `available` bytes are mapped. Returns NULL when it is good, otherwise what is
 * wrong with it, in words. */
const char *image_open(struct image *image, const void *base, size_t available);

/* The text of a string, NUL-terminated; NULL when it lies outside the image. */
const char *image_text(const struct image *image, struct image_string text);

/* The row with this name or path; NULL when there is none. */
const struct image_module *image_find_module(const struct image *image, const char *name, size_t size);
const struct image_entry *image_find_entry(const struct image *image, const char *path, size_t size);

/* Rows by number; NULL when out of range. */
const struct image_module *image_module_at(const struct image *image, uint32_t row);
const struct image_entry *image_entry_at(const struct image *image, uint32_t row);
const void *image_row_at(const struct image *image, enum image_section_id section, uint32_t row);

/* The row for a text that was compiled, and in `*value` its bytes; NULL when there is none. */
const struct image_rehearsal *image_find_rehearsal(const struct image *image, enum image_rehearsal_kind kind,
                                                   uint32_t flags, const char *key, size_t size, const char **value);

/* `size` bytes at `offset`; NULL when they lie outside the image. */
const void *image_bytes(const struct image *image, uint64_t offset, uint64_t size);

/* The rest of `path` after `root`, which is `size` bytes without a slash at its end: "" or what begins with a slash. NULL
 * when it lies elsewhere. */
const char *image_below_root(const char *root, size_t size, const char *path);

/* A path below the root as rows have it: copied to `out` without empty parts, `.` and `..`. There are no links, so that
 * text is enough. Returns its size, or a negative number. */
enum { IMAGE_PATH_LEAVES = -1, IMAGE_PATH_TOO_LONG = -2 };
int64_t image_normal_path(const char *path, char *out, size_t room);

/* The first value of a setting; NULL when it is not set. */
const char *image_setting(const struct image *image, const char *key);

/* The value of the setting with number `*at` or the next one after it that has this key, or NULL; `*at` becomes the number
 * after that. */
const char *image_next_setting(const struct image *image, uint32_t *at, const char *key);

#endif
