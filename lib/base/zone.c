/* Time zones: a reader of TZif files (RFC 8536, versions 1 to 4).
 *
 * The file is read whole, every read of it is checked against its length, and
 * only what is used is kept: when the offset changes, and to what.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calendar.h"
#include "error.h"
#include "memory.h"
#include "zone.h"

enum {
    LONGEST_NAME = 128,
    LONGEST_PATH = 4096,
    LARGEST_FILE = 1 << 20,     /* real ones have up to 4 kB */
    HEADER_BYTES = 44,
    TYPE_BYTES = 6,
    MOST_OFFSET = 26 * 3600     /* RFC 8536: -25 h < offset < 26 h */
};

typedef struct change {
    int64_t at;                 /* seconds, UTC */
    int32_t offset;             /* from then on */
} change;

struct wanmi_zone {
    wanmi_host host;
    change *changes;            /* ascending */
    size_t change_count;
    int32_t first_offset;       /* before the first change */
    wm_rule rule;               /* after the last one, if given */
};

/* ---- reading ------------------------------------------------------------------ */

typedef struct bytes {
    const unsigned char *at;
    size_t left;
} bytes;

typedef struct header {
    unsigned char version;
    size_t isut, isstd, leap, time, type, character;
} header;

static const unsigned char *take(bytes *b, size_t size)
{
    if (size > b->left)
        return NULL;
    const unsigned char *p = b->at;
    b->at += size;
    b->left -= size;
    return p;
}

static uint32_t big32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t big_time(const unsigned char *p, size_t time_bytes)
{
    if (time_bytes == 4)
        return (int32_t)big32(p);
    return (int64_t)((uint64_t)big32(p) << 32 | big32(p + 4));
}

static bool read_header(bytes *b, header *h)
{
    const unsigned char *p = take(b, HEADER_BYTES);
    if (p == NULL || memcmp(p, "TZif", 4) != 0)
        return false;
    h->version = p[4];
    size_t *counts[] = {&h->isut, &h->isstd, &h->leap, &h->time, &h->type, &h->character};
    for (size_t i = 0; i < 6; i++) {
        *counts[i] = big32(p + 20 + 4 * i);
        if (*counts[i] > LARGEST_FILE)  /* so that no sum below overflows */
            return false;
    }
    return h->type != 0 && h->character != 0 && (h->isut == 0 || h->isut == h->type) &&
           (h->isstd == 0 || h->isstd == h->type);
}

static size_t block_bytes(const header *h, size_t time_bytes)
{
    return h->time * (time_bytes + 1) + h->type * TYPE_BYTES + h->character +
           h->leap * (time_bytes + 4) + h->isstd + h->isut;
}

static bool read_type(const header *h, const unsigned char *types, size_t index, int32_t *offset)
{
    if (index >= h->type)
        return false;
    const unsigned char *p = types + index * TYPE_BYTES;
    *offset = (int32_t)big32(p);
    return *offset > -MOST_OFFSET && *offset < MOST_OFFSET && p[4] <= 1 && p[5] < h->character;
}

/* A words-for-people reason is given back when the block is bad. */
static const char *read_block(wanmi_zone *zone, bytes *b, const header *h, size_t time_bytes)
{
    const unsigned char *p = take(b, block_bytes(h, time_bytes));
    if (p == NULL)
        return "the file is cut short";
    if (h->leap != 0)
        return "the file counts leap seconds, which instants here do not";
    const unsigned char *indices = p + h->time * time_bytes, *types = indices + h->time;
    if (!read_type(h, types, 0, &zone->first_offset))
        return "the file is damaged (local time type)";
    for (size_t i = 0; i < h->time; i++) {
        change *c = &zone->changes[i];
        c->at = big_time(p + i * time_bytes, time_bytes);
        if (!read_type(h, types, indices[i], &c->offset))
            return "the file is damaged (local time type)";
        if (i != 0 && c->at <= c[-1].at)
            return "the file is damaged (changes out of order)";
    }
    return NULL;
}

static const char *read_footer(wanmi_zone *zone, bytes *b)
{
    char text[128];
    const unsigned char *open = take(b, 1);
    if (open == NULL || *open != '\n')
        return "the file is cut short";
    const unsigned char *close = memchr(b->at, '\n', b->left);
    if (close == NULL)
        return "the file is cut short";
    size_t length = (size_t)(close - b->at);
    if (length == 0)
        return NULL;
    if (length >= sizeof text)
        return "the rule for later years is too long";
    memcpy(text, b->at, length);
    text[length] = '\0';
    return wm_rule_parse(text, &zone->rule) ? NULL : "the rule for later years cannot be read";
}

/* Fills the zone from a whole file; gives words when that fails, "" for memory. */
static const char *read_tzif(wanmi_zone *zone, bytes b)
{
    header h;
    size_t time_bytes = 4;
    if (!read_header(&b, &h))
        return "not a TZif file";
    if (h.version >= '2') {
        /* The first block repeats what fits 32 bits, for old readers. */
        if (take(&b, block_bytes(&h, 4)) == NULL || !read_header(&b, &h))
            return "the file is cut short";
        time_bytes = 8;
    }
    zone->changes = wm_alloc(&zone->host, h.time * sizeof(change));
    if (zone->changes == NULL)
        return "";
    zone->change_count = h.time;
    const char *wrong = read_block(zone, &b, &h, time_bytes);
    return wrong != NULL || time_bytes == 4 ? wrong : read_footer(zone, &b);
}

static const char *read_all(int file, unsigned char *block, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t got = read(file, block + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return "the file cannot be read";
        done += (size_t)got;
    }
    return NULL;
}

static const char *read_open_file(wanmi_zone *zone, int file)
{
    struct stat about;
    if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode))
        return "not a file";
    if (about.st_size <= 0 || about.st_size > LARGEST_FILE)
        return "not a TZif file";
    size_t size = (size_t)about.st_size;
    unsigned char *block = wm_alloc(&zone->host, size);
    if (block == NULL)
        return "";
    const char *wrong = read_all(file, block, size);
    if (wrong == NULL)
        wrong = read_tzif(zone, (bytes){block, size});
    wm_free(&zone->host, block, size);
    return wrong;
}

static const char *read_path(wanmi_zone *zone, const char *name)
{
    char path[LONGEST_PATH];
    const char *folder = zone->host.zone_data;
    int length = snprintf(path, sizeof path, "%s/%s",
                          folder != NULL ? folder : "/usr/share/zoneinfo", name);
    if (length < 0 || (size_t)length >= sizeof path)
        return "the path is too long";
    /* Not blocking: a pipe of that name must not hang the caller. */
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return "no such time zone";
    const char *wrong = read_open_file(zone, file);
    close(file);
    return wrong;
}

/* ---- the handle --------------------------------------------------------------- */

/* A name from a map must not reach files outside the folder. */
static bool is_allowed(const char *name)
{
    return name[0] != '\0' && name[0] != '/' && strlen(name) <= LONGEST_NAME &&
           strstr(name, "..") == NULL;
}

static const char *fill(wanmi_zone *zone, const char *name)
{
    if (strcmp(name, "UTC") == 0)
        return NULL;
    if (name[0] == '+' || name[0] == '-') {
        const char *end = wm_offset_parse(name, &zone->first_offset);
        return end != NULL && *end == '\0' ? NULL : "not an offset such as +08:00";
    }
    return is_allowed(name) ? read_path(zone, name) : "not a name of a time zone";
}

wanmi_status wanmi_zone_open(const char *name, const wanmi_host *host, wanmi_zone **zone,
                             wanmi_error *error)
{
    if (name == NULL || zone == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a name and a place for the zone must be given");
    wanmi_host copy;
    wanmi_status status = wm_host_copy(&copy, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_zone *z = wm_alloc_zero(&copy, sizeof *z);
    if (z == NULL) {
        wm_host_drop(&copy);
        return wm_error_memory(error);
    }
    z->host = copy;
    const char *wrong = fill(z, name);
    if (wrong != NULL) {
        wanmi_zone_free(z);
        if (wrong[0] == '\0')
            return wm_error_memory(error);
        const wm_place place = {.value = name};
        return wm_error_at(error, WANMI_E_ZONE, &place, "time zone: %s", wrong);
    }
    *zone = z;
    return WANMI_OK;
}

void wanmi_zone_free(wanmi_zone *zone)
{
    if (zone == NULL)
        return;
    wanmi_host host = zone->host;
    wm_free(&host, zone->changes, zone->change_count * sizeof(change));
    wm_free(&host, zone, sizeof *zone);
    wm_host_drop(&host);
}

/* ---- offsets ------------------------------------------------------------------ */

/* How many changes are at or before an instant. */
static size_t changes_until(const wanmi_zone *zone, int64_t instant)
{
    size_t low = 0, high = zone->change_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->changes[middle].at <= instant)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static int32_t offset_at(const wanmi_zone *zone, int64_t instant)
{
    size_t passed = changes_until(zone, instant);
    if (passed == zone->change_count && zone->rule.is_given)
        return wm_rule_offset(&zone->rule, instant);
    return passed != 0 ? zone->changes[passed - 1].offset : zone->first_offset;
}

static int64_t next_change(const wanmi_zone *zone, int64_t instant)
{
    size_t passed = changes_until(zone, instant);
    if (passed < zone->change_count)
        return zone->changes[passed].at;
    return zone->rule.is_given ? wm_rule_next(&zone->rule, instant) : INT64_MAX;
}

int32_t wanmi_zone_offset(const wanmi_zone *zone, int64_t instant_us)
{
    return zone != NULL ? offset_at(zone, wm_floor_div(instant_us, MICROSECONDS)) : 0;
}

static int64_t to_microseconds(int64_t seconds)
{
    if (seconds > INT64_MAX / MICROSECONDS)
        return INT64_MAX;
    return seconds < INT64_MIN / MICROSECONDS ? INT64_MIN : seconds * MICROSECONDS;
}

/* A rule only tells the next change: where the last one was is found from so far
 * back that there is one, in seconds. */
static const int64_t LOOK_BACK = INT64_C(400) * DAY_SECONDS;

void wm_zone_stretch(const wanmi_zone *zone, int64_t instant_us, wm_stretch *stretch)
{
    *stretch = (wm_stretch){INT64_MIN, INT64_MAX, 0};
    if (zone == NULL)
        return;
    int64_t instant = wm_floor_div(instant_us, MICROSECONDS), from = INT64_MIN;
    size_t passed = changes_until(zone, instant);
    if (passed != 0)
        from = zone->changes[passed - 1].at;
    if (passed == zone->change_count && zone->rule.is_given && zone->rule.has_summer) {
        if (from < instant - LOOK_BACK)
            from = instant - LOOK_BACK;
        for (int64_t next; (next = wm_rule_next(&zone->rule, from)) <= instant;)
            from = next;
    }
    stretch->from_us = to_microseconds(from);
    stretch->to_us = to_microseconds(next_change(zone, instant));
    stretch->offset_us = (int64_t)offset_at(zone, instant) * MICROSECONDS;
}

int64_t wm_zone_instant(const wanmi_zone *zone, int64_t local, bool first_after_gap)
{
    if (zone == NULL)
        return local;
    /* From before any instant that could have this local time, change by change. */
    int64_t since = local - MOST_OFFSET;
    int32_t before = 0;
    for (bool is_first = true;; is_first = false) {
        int32_t offset = offset_at(zone, since);
        if (local - offset < since && !is_first)
            return first_after_gap ? since : local - before;
        int64_t until = next_change(zone, since);
        if (local - offset < until)
            return local - offset;
        since = until;
        before = offset;
    }
}
