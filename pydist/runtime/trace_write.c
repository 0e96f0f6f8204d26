/* Writing the trace as JSON. See trace.h; the format is described in docs/reference/trace.md.
 *
 * Invariant: the text is ASCII and JSON, whatever bytes names have. */
#define _GNU_SOURCE
#include "trace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The character of a text in UTF-8; what is not UTF-8 is one byte, as Python has it in the names of files (PEP 383). */
static uint32_t next_character(const unsigned char **text)
{
    const unsigned char *at = *text;
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : at[0] < 0xf8 ? 4 : 0;
    uint32_t value = size < 2 ? at[0] : at[0] & (0x7fu >> size);
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80) { /* the NUL at the end, too */
            size = 0;
            break;
        }
        value = value << 6 | (at[i] & 0x3f);
    }
    int is_wrong = !size || value < least[size] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000);
    *text = at + (is_wrong ? 1 : size);
    return is_wrong ? 0xdc00u + at[0] : value;
}

static void write_text(FILE *file, const char *text)
{
    putc('"', file);
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        uint32_t value = next_character(&at);
        if (value >= 0x10000)
            fprintf(file, "\\u%04x\\u%04x", 0xd800 + ((value - 0x10000) >> 10), 0xdc00 + (value & 0x3ff));
        else if (value < ' ' || value > '~' || value == '"' || value == '\\')
            fprintf(file, "\\u%04x", value);
        else
            putc((int)value, file);
    }
    putc('"', file);
}

/* Nanoseconds as microseconds. No %f: its point is that of the application's locale. */
static void write_time(FILE *file, const char *key, uint64_t time)
{
    fprintf(file, ", \"%s\": %llu.%03u", key, (unsigned long long)(time / 1000), (unsigned)(time % 1000));
}

static void write_import(FILE *file, const struct trace_event *event, uint64_t duration, int is_finished)
{
    uint64_t inner = atomic_load(&event->inner);
    fprintf(file, ", \"args\": {\"step\": \"%s\", \"bytes\": %llu, \"finished\": %s, \"path\": ", event->import.step,
            (unsigned long long)event->import.bytes, is_finished ? "true" : "false");
    write_text(file, event->import.path);
    /* Of greenlets, one may import while another one's import waits: those overlap. */
    write_time(file, "self_us", duration > inner ? duration - inner : 0);
    putc('}', file);
}

static void write_event(FILE *file, const struct trace *trace, const struct trace_event *event, uint64_t now)
{
    uint64_t end = atomic_load(&event->end), duration = (end ? end : now) - event->begin;
    fputs("{\"ph\": \"X\", \"name\": ", file);
    write_text(file, event->name);
    fprintf(file, ", \"cat\": \"%s\", \"pid\": %ld, \"tid\": %ld", event->import.step ? "import" : "phase",
            (long)trace->runtime->process, event->thread);
    write_time(file, "ts", event->begin - trace->zero);
    write_time(file, "dur", duration);
    if (event->import.step)
        write_import(file, event, duration, end != 0);
    putc('}', file);
}

/* Turns the list around: from here on it begins with the oldest event, and `before` leads to later ones. What comes in
 * meanwhile is not seen. */
static struct trace_event *take_events(struct trace *trace)
{
    struct trace_event *oldest = NULL, *next;
    for (struct trace_event *at = atomic_exchange(&trace->newest, NULL); at; at = next) {
        next = at->before;
        at->before = oldest;
        oldest = at;
    }
    return oldest;
}

static void write_all(FILE *file, struct trace *trace)
{
    const struct image_header *header = trace->runtime->image.header;
    uint32_t count = atomic_load(&trace->count), hex = header->python_hex;
    fprintf(file, "{\"displayTimeUnit\": \"ms\", \"otherData\": {\"format\": \"pydist-trace\", \"version\": 1, \"file\": ");
    write_text(file, trace->runtime->executable);
    fputs(", \"image_sha256\": \"", file);
    for (size_t i = 0; i < sizeof header->content_sha256; i++)
        fprintf(file, "%02x", header->content_sha256[i]);
    fprintf(file, "\", \"python\": \"%u.%u.%u\", \"events_lost\": %u},\n\"traceEvents\": [", hex >> 24, hex >> 16 & 255,
            hex >> 8 & 255, count > TRACE_MOST_EVENTS ? count - TRACE_MOST_EVENTS : 0);
    const char *separator = "\n";
    const struct trace_event *event = take_events(trace);
    for (uint64_t now = trace_now(); event; event = event->before) {
        fputs(separator, file);
        write_event(file, trace, event, now);
        separator = ",\n";
    }
    fputs("\n]}\n", file);
}

/* Where the bytes go first, so that the file is there whole or not at all; "" for what is no plain file, such as a pipe,
 * which must not be replaced. */
static int name_fresh(const struct trace *trace, char *fresh, size_t size)
{
    struct stat status;
    fresh[0] = '\0';
    if (!lstat(trace->file, &status) && !S_ISREG(status.st_mode))
        return 0;
    return snprintf(fresh, size, "%s.%ld", trace->file, (long)trace->runtime->process) < (int)size ? 0 : -1;
}

/* Close a file that was written. Returns an errno. */
static int finish(FILE *file)
{
    int error = fflush(file) ? errno : ferror(file) ? EIO : 0;
    return fclose(file) && !error ? errno : error;
}

/* Returns an errno. */
static int write_file(struct trace *trace)
{
    char fresh[TRACE_LONGEST_FILE];
    if (name_fresh(trace, fresh, sizeof fresh))
        return ENAMETOOLONG;
    FILE *file = fopen(fresh[0] ? fresh : trace->file, fresh[0] ? "wxe" : "we");
    if (!file)
        return errno;
    write_all(file, trace);
    int error = finish(file);
    if (fresh[0] && !error && rename(fresh, trace->file))
        error = errno;
    if (fresh[0] && error)
        unlink(fresh);
    return error;
}

void trace_write(struct trace *trace)
{
    if (!trace || trace->runtime->process != getpid() || atomic_flag_test_and_set(&trace->written))
        return;
    trace_phase(trace, NULL);
    int error = write_file(trace);
    if (error)
        fprintf(stderr, "pydist: PYDIST_TRACE: %s cannot be written: %s\n", trace->file, strerror(error));
}
