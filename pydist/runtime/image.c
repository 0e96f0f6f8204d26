/* Check an image and look rows up in it. Knows nothing of Python. */
#include "image.h"

#include <string.h>

static const uint32_t row_sizes[IMAGE_SECTION_COUNT] = {
    [IMAGE_MODULES] = sizeof(struct image_module),
    [IMAGE_MODULE_HASH] = sizeof(uint32_t),
    [IMAGE_ENTRIES] = sizeof(struct image_entry),
    [IMAGE_ENTRY_HASH] = sizeof(uint32_t),
    [IMAGE_FROZEN] = sizeof(struct image_frozen),
    [IMAGE_CONFIG] = sizeof(struct image_setting),
    [IMAGE_NEEDS] = sizeof(struct image_need),
    [IMAGE_REHEARSALS] = sizeof(struct image_rehearsal),
};

uint32_t image_hash(const char *text, size_t size)
{
    /* Four bits at a time: 64 bytes of table stay in the cache, and names are short. */
    static const uint32_t table[16] = {
        0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
        0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
    };
    uint32_t hash = 0xffffffffu;
    for (size_t i = 0; i < size; i++) {
        hash ^= (unsigned char)text[i];
        hash = (hash >> 4) ^ table[hash & 15];
        hash = (hash >> 4) ^ table[hash & 15];
    }
    return ~hash;
}

static uint64_t checksum_step(uint64_t value, uint64_t word)
{
    value ^= word;
    return (value << 29 | value >> 35) * 0x9e3779b97f4a7c15u;
}

uint64_t image_checksum(const unsigned char *bytes, size_t size)
{
    const size_t skipped = offsetof(struct image_header, tables_checksum);
    uint64_t value = 0;
    for (size_t at = 0; at + sizeof(uint64_t) <= size; at += sizeof(uint64_t)) {
        uint64_t word = 0;
        if (at != skipped)
            memcpy(&word, bytes + at, sizeof word);
        value = checksum_step(value, word);
    }
    return value;
}

uint64_t image_text_hash(const char *text, size_t size)
{
    uint64_t value = 0, word = 0;
    size_t at = 0;
    for (; at + sizeof word <= size; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        value = checksum_step(value, word);
    }
    if (at < size) {
        word = 0;
        memcpy(&word, text + at, size - at);
        value = checksum_step(value, word);
    }
    return checksum_step(value, size);
}

static const char *check_sections(const struct image_header *header)
{
    uint64_t end = sizeof *header;
    for (int id = 0; id < IMAGE_SECTION_COUNT; id++) {
        const struct image_section *section = &header->sections[id];
        uint64_t limit = id < IMAGE_META ? header->tables_size : header->image_size;
        if (section->row_size != row_sizes[id] || section->size != (uint64_t)section->count * section->row_size)
            if (row_sizes[id] || section->row_size || section->count)
                return "the table of sections is wrong";
        if (section->offset % 16 || section->offset < end || section->offset > limit ||
            section->size > limit - section->offset)
            return "a section lies outside of the image";
        end = section->offset + section->size;
    }
    return NULL;
}

static int is_complete(const struct image_header *header)
{
    const unsigned char *end = (const unsigned char *)header + header->image_size;
    struct image_trailer trailer;
    memcpy(&trailer, end - sizeof trailer, sizeof trailer);
    return trailer.image_size == header->image_size && !memcmp(trailer.magic, IMAGE_MAGIC, sizeof trailer.magic);
}

const char *image_open(struct image *image, const void *base, size_t available)
{
    const struct image_header *header = base;
    if (available < sizeof *header || memcmp(header->magic, IMAGE_MAGIC, sizeof header->magic))
        return "no image is attached to this program";
    if (header->format != IMAGE_FORMAT || header->header_size != sizeof *header)
        return "the image has a format that this program does not read";
    if (header->image_size > available || header->tables_size > header->image_size ||
        header->tables_size < sizeof *header || header->tables_size % 8 || !is_complete(header))
        return "the image is not complete";
    if (image_checksum(base, header->tables_size) != header->tables_checksum)
        return "the image has been damaged";
    image->base = base;
    image->header = header;
    const char *fault = check_sections(header);
    if (fault)
        return fault;
    image->modules = image_row_at(image, IMAGE_MODULES, 0);
    image->entries = image_row_at(image, IMAGE_ENTRIES, 0);
    image->strings = (const char *)image->base + header->sections[IMAGE_STRINGS].offset;
    if (!image->modules || !image->entries || !header->sections[IMAGE_MODULE_HASH].count ||
        !header->sections[IMAGE_ENTRY_HASH].count)
        return "the image is empty";
    return NULL;
}

const char *image_text(const struct image *image, struct image_string text)
{
    uint64_t end = (uint64_t)text.offset + text.size;
    if (end >= image->header->sections[IMAGE_STRINGS].size || image->strings[end])
        return NULL;
    return image->strings + text.offset;
}

const void *image_row_at(const struct image *image, enum image_section_id id, uint32_t row)
{
    const struct image_section *section = &image->header->sections[id];
    return row < section->count ? image->base + section->offset + (size_t)row * section->row_size : NULL;
}

const struct image_module *image_module_at(const struct image *image, uint32_t row)
{
    return image_row_at(image, IMAGE_MODULES, row);
}

const struct image_entry *image_entry_at(const struct image *image, uint32_t row)
{
    return image_row_at(image, IMAGE_ENTRIES, row);
}

static int same_text(const struct image *image, struct image_string text, const char *other, size_t size)
{
    const char *own = text.size == size ? image_text(image, text) : NULL;
    return own && memcmp(own, other, size) == 0;
}

const struct image_module *image_find_module(const struct image *image, const char *name, size_t size)
{
    uint32_t hash = image_hash(name, size), slots = image->header->sections[IMAGE_MODULE_HASH].count;
    for (uint32_t tries = 0; tries < slots; tries++) {
        const uint32_t *slot = image_row_at(image, IMAGE_MODULE_HASH, (hash + tries) & (slots - 1));
        const struct image_module *row = slot ? image_module_at(image, *slot) : NULL;
        if (!row)
            return NULL;
        if (row->hash == hash && same_text(image, row->name, name, size))
            return row;
    }
    return NULL;
}

const struct image_entry *image_find_entry(const struct image *image, const char *path, size_t size)
{
    uint32_t hash = image_hash(path, size), slots = image->header->sections[IMAGE_ENTRY_HASH].count;
    for (uint32_t tries = 0; tries < slots; tries++) {
        const uint32_t *slot = image_row_at(image, IMAGE_ENTRY_HASH, (hash + tries) & (slots - 1));
        const struct image_entry *row = slot ? image_entry_at(image, *slot) : NULL;
        if (!row)
            return NULL;
        if (row->hash == hash && same_text(image, row->path, path, size))
            return row;
    }
    return NULL;
}

const void *image_bytes(const struct image *image, uint64_t offset, uint64_t size)
{
    uint64_t whole = image->header->image_size;
    return offset <= whole && size <= whole - offset ? image->base + offset : NULL;
}

const char *image_below_root(const char *root, size_t size, const char *path)
{
    if (strncmp(path, root, size))
        return NULL;
    return path[size] == '\0' || path[size] == '/' ? path + size : NULL;
}

int64_t image_normal_path(const char *path, char *out, size_t room)
{
    size_t kept = 0;
    for (size_t size; *path; path += size + (path[size] == '/')) {
        size = strcspn(path, "/");
        if (size == 0 || (size == 1 && path[0] == '.'))
            continue;
        if (size == 2 && path[0] == '.' && path[1] == '.') {
            if (kept == 0)
                return IMAGE_PATH_LEAVES;
            while (kept && out[--kept] != '/')
                ;
            continue;
        }
        if (kept + 1 + size >= room)
            return IMAGE_PATH_TOO_LONG;
        if (kept)
            out[kept++] = '/';
        memcpy(out + kept, path, size);
        kept += size;
    }
    return (int64_t)kept;
}

const char *image_next_setting(const struct image *image, uint32_t *at, const char *key)
{
    const struct image_setting *row;
    while ((row = image_row_at(image, IMAGE_CONFIG, (*at)++)))
        if (same_text(image, row->key, key, strlen(key)))
            return image_text(image, row->value);
    return NULL;
}

const char *image_setting(const struct image *image, const char *key)
{
    uint32_t first = 0;
    return image_next_setting(image, &first, key);
}

/* The first row whose hash is not smaller. */
static uint32_t first_rehearsal(const struct image *image, uint64_t hash)
{
    uint32_t low = 0, high = image->header->sections[IMAGE_REHEARSALS].count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct image_rehearsal *row = image_row_at(image, IMAGE_REHEARSALS, middle);
        if (row->hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct image_rehearsal *image_find_rehearsal(const struct image *image, enum image_rehearsal_kind kind,
                                                   uint32_t flags, const char *key, size_t size, const char **value)
{
    uint64_t hash = image_text_hash(key, size);
    const struct image_rehearsal *row;
    for (uint32_t at = first_rehearsal(image, hash);
         (row = image_row_at(image, IMAGE_REHEARSALS, at)) && row->hash == hash; at++) {
        const char *own = image_bytes(image, row->offset, (uint64_t)row->key_size + row->value_size);
        if (!own || row->kind != (uint32_t)kind || row->flags != flags || row->key_size != size || memcmp(own, key, size))
            continue;
        *value = own + size;
        return row;
    }
    return NULL;
}
