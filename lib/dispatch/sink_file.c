/* The file sink: one line a delivery, appended to a file that is rotated. */
#include "sink_file.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "sink_lines.h"

struct wanmi_file_sink {
    wanmi_host host;
    pthread_mutex_t lock;               /* lanes take turns; figures */
    wanmi_file_options options;         /* its path is a copy */
    wm_file file;
    wm_lines lines;
    wanmi_file_figures figures;
    bool sick;                          /* said so in the log */
};

/* ---- opening and closing -------------------------------------------------------------- */

void wanmi_file_options_init(wanmi_file_options *options)
{
    *options = (wanmi_file_options){.struct_size = sizeof *options, .line_max = WM_LINE_DEFAULT, .mode = 0640};
}

static wanmi_status check(const wanmi_file_options *o, wanmi_error *error)
{
    size_t length = o->path != NULL ? strlen(o->path) : 0;
    if (length == 0 || length >= PATH_MAX || o->path[length - 1] == '/')
        return wm_error(error, WANMI_E_ARGUMENT, "a file sink needs the path of a file");
    if (o->line_max < WM_LINE_LEAST || o->line_max > WM_LINE_MOST)
        return wm_error(error, WANMI_E_ARGUMENT, "%s: line_max is %d to %d, not %u", o->path,
                        WM_LINE_LEAST, WM_LINE_MOST, o->line_max);
    if (o->rotate_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT, "%s: rotate_us is negative", o->path);
    if (o->sync < WANMI_SYNC_NEVER || o->sync > WANMI_SYNC_BATCH)
        return wm_error(error, WANMI_E_ARGUMENT, "%s: unknown sync %d", o->path, (int)o->sync);
    if (o->mode > 0777)
        return wm_error(error, WANMI_E_ARGUMENT, "%s: mode is more than 0777", o->path);
    return WANMI_OK;
}

static wanmi_status read_options(wanmi_file_options *to, const wanmi_file_options *from,
                                 wanmi_error *error)
{
    if (from == NULL || from->struct_size < sizeof(size_t) || from->struct_size > sizeof *from)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_file_options was not filled by wanmi_file_options_init");
    wanmi_file_options_init(to);
    memcpy(to, from, from->struct_size);
    to->struct_size = sizeof *to;
    if (to->line == NULL)
        to->line = wanmi_delivery_line;
    return check(to, error);
}

static wanmi_status name_file(wanmi_file_sink *s)
{
    s->options.path = wm_text_copy(&s->host, s->options.path);
    if (s->options.path == NULL)
        return WANMI_E_MEMORY;
    const char *slash = strrchr(s->options.path, '/');
    s->file.name = slash != NULL ? slash + 1 : s->options.path;
    size_t length = slash != NULL ? (size_t)(slash + 1 - s->options.path) : 1;
    char *folder = wm_alloc(&s->host, length + 1);      /* so that wm_text_free knows its size */
    if (folder == NULL)
        return WANMI_E_MEMORY;
    memcpy(folder, slash != NULL ? s->options.path : ".", length);
    folder[length] = '\0';
    s->file.folder = folder;
    return WANMI_OK;
}

static wanmi_status open_all(wanmi_file_sink *s, wanmi_error *error)
{
    if (name_file(s) != WANMI_OK || !wm_lines_open(&s->lines, s->options.line_max, &s->host))
        return wm_error_memory(error);
    bool rotated = false;
    wm_place place = {.file = s->options.path};
    if (!wm_file_ready(&s->file, wm_now_us(&s->host), &rotated))
        return wm_error_at(error, WANMI_E_SYSTEM, &place, "%s: %s", s->file.what,
                           strerror(s->file.problem));
    s->figures.rotations += rotated;
    return WANMI_OK;
}

static void free_all(wanmi_file_sink *s)
{
    wanmi_host host = s->host;
    wm_file_close(&s->file);
    if (s->lines.buffer != NULL)
        wm_lines_drop(&s->lines, &host);
    wm_text_free(&host, s->file.folder);
    wm_text_free(&host, (char *)s->options.path);
    pthread_mutex_destroy(&s->lock);
    wm_free(&host, s, sizeof *s);
    wm_host_drop(&host);
}

wanmi_status wanmi_file_sink_open(const wanmi_file_options *options, const wanmi_host *host,
                                  wanmi_file_sink **sink, wanmi_error *error)
{
    if (sink == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the place for the sink is NULL");
    wanmi_file_options copy;
    wanmi_status status = read_options(&copy, options, error);
    wanmi_host own;
    if (status == WANMI_OK)
        status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_file_sink *s = wm_alloc_zero(&own, sizeof *s);
    if (s == NULL) {
        wm_host_drop(&own);
        return wm_error_memory(error);
    }
    s->host = own;
    s->options = copy;
    s->file.options = &s->options;
    s->file.descriptor = -1;
    s->figures.struct_size = sizeof s->figures;
    pthread_mutex_init(&s->lock, NULL);
    status = open_all(s, error);
    if (status != WANMI_OK) {
        free_all(s);
        return status;
    }
    *sink = s;
    return WANMI_OK;
}

void wanmi_file_sink_close(wanmi_file_sink *s)
{
    if (s == NULL)
        return;
    if (s->file.descriptor >= 0 && s->options.sync != WANMI_SYNC_NEVER && !wm_file_sync(&s->file))
        wm_log(&s->host, WANMI_LOG_ERROR, "%s: %s: %s", s->options.path, s->file.what,
               strerror(s->file.problem));
    free_all(s);
}

/* ---- a batch ---------------------------------------------------------------------------- */

typedef struct batch {
    wanmi_file_sink *sink;
    wm_make_fn make;
    void *context;
    uint8_t *outcomes;                  /* RETRY until something else is known */
    size_t unsynced;                    /* items before this are on the disk, or never will be */
} batch;

/* The disk did not confirm: whoever reads the file may have seen them all the same. */
static void doubt(batch *b, size_t upto)
{
    wanmi_file_sink *s = b->sink;
    for (size_t i = b->unsynced; i < upto; i++)
        if (b->outcomes[i] == WANMI_DELIVERED) {
            b->outcomes[i] = WANMI_UNKNOWN;
            s->figures.unknown++;
        }
    wm_file_cut_unsynced(&s->file);
}

/* Writes the first `count` gathered lines; gives whether all are written. */
static bool write_lines(batch *b, size_t count)
{
    wanmi_file_sink *s = b->sink;
    if (count == 0)
        return true;
    size_t bytes = wm_file_append(&s->file, s->lines.buffer, s->lines.end, count);
    size_t whole = wm_lines_within(&s->lines, bytes);
    for (size_t i = 0; i < whole; i++)
        b->outcomes[s->lines.item[i]] = WANMI_DELIVERED;
    s->figures.bytes += bytes;
    wm_lines_shift(&s->lines, whole);
    return whole == count;
}

static bool sync_batch(batch *b, size_t upto)
{
    wanmi_file_sink *s = b->sink;
    if (s->options.sync != WANMI_SYNC_BATCH || s->file.synced == s->file.size)
        return true;
    s->figures.syncs++;
    if (wm_file_sync(&s->file)) {
        b->unsynced = upto;
        return true;
    }
    doubt(b, upto);
    return false;
}

/* The line added last, of `item`, makes the file too long: it begins the next one. */
static bool rotate_before_last(batch *b, size_t item)
{
    wanmi_file_sink *s = b->sink;
    uint64_t limit = s->options.rotate_bytes;
    if (limit == 0 || s->file.rotation_failed || s->file.size + s->lines.filled <= limit
        || (s->file.size == 0 && s->lines.count == 1))
        return true;
    if (!write_lines(b, s->lines.count - 1) || !sync_batch(b, item))
        return false;
    bool good = wm_file_rotate(&s->file);
    if (!good && s->file.descriptor >= 0)
        doubt(b, item);
    s->figures.rotations += good && !s->file.rotation_failed;
    s->figures.rotations_failed += s->file.rotation_failed;
    return good;
}

static bool write_items(batch *b, size_t count)
{
    wanmi_file_sink *s = b->sink;
    for (size_t i = 0; i < count; i++) {
        if (wm_lines_full(&s->lines) && !write_lines(b, s->lines.count))
            return false;
        if (!wm_lines_add(&s->lines, b->make, b->context, i)) {
            b->outcomes[i] = WANMI_DEAD;
            s->figures.refused++;
        } else if (!rotate_before_last(b, i)) {
            return false;
        }
    }
    return write_lines(b, s->lines.count);
}

/* Says once that it is sick, and once that it is well again. */
static void tell(wanmi_file_sink *s, bool good)
{
    if (good && s->sick)
        wm_log(&s->host, WANMI_LOG_INFO, "%s: is written again", s->options.path);
    else if (!good && !s->sick)
        wm_log(&s->host, WANMI_LOG_WARNING, "%s: %s: %s", s->options.path, s->file.what,
               strerror(s->file.problem));
    s->sick = !good;
}

static void count_lines(wanmi_file_sink *s, const uint8_t *outcomes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        s->figures.lines += outcomes[i] == WANMI_DELIVERED;
}

static void write_batch(wanmi_file_sink *s, wm_make_fn make, void *context, size_t count,
                        uint8_t *outcomes)
{
    batch b = {s, make, context, outcomes, 0};
    bool rotated = false;
    memset(outcomes, WANMI_RETRY, count);
    uint64_t failed_before = s->figures.rotations_failed;
    bool good = wm_file_ready(&s->file, wm_now_us(&s->host), &rotated);
    s->figures.rotations += rotated;
    s->figures.rotations_failed += s->file.rotation_failed;
    good = good && write_items(&b, count);
    /* Also after a failure: what went in before it is answered as delivered. */
    if (s->file.descriptor >= 0 && !sync_batch(&b, count))
        good = false;
    s->lines.filled = s->lines.count = 0;       /* what was not written is answered RETRY */
    s->figures.failures += !good;
    count_lines(s, outcomes, count);
    tell(s, good && s->figures.rotations_failed == failed_before);
}

/* ---- deliveries, letters ------------------------------------------------------------------ */

typedef struct items {
    const wanmi_file_options *options;
    const wanmi_delivery *deliveries;
    const wanmi_dead_letter *letters;
} items;

static size_t make_delivery(void *context, size_t item, char *buffer, size_t size)
{
    const items *i = context;
    return i->options->line(i->options->line_user, &i->deliveries[item], buffer, size);
}

static size_t make_letter(void *context, size_t item, char *buffer, size_t size)
{
    const items *i = context;
    return wm_letter_line(&i->letters[item], i->options->line, i->options->line_user, buffer, size);
}

void wanmi_file_sink_deliver(void *sink, const wanmi_delivery *deliveries, size_t count,
                             uint8_t *outcomes)
{
    wanmi_file_sink *s = sink;
    items context = {.options = &s->options, .deliveries = deliveries};
    pthread_mutex_lock(&s->lock);
    write_batch(s, make_delivery, &context, count, outcomes);
    pthread_mutex_unlock(&s->lock);
}

size_t wanmi_file_sink_letters(void *sink, const wanmi_dead_letter *letters, size_t count)
{
    wanmi_file_sink *s = sink;
    uint8_t outcomes[256];
    size_t written = 0, part = 0, good = 0;
    pthread_mutex_lock(&s->lock);
    for (; written < count && good == part; written += good) {
        part = count - written < sizeof outcomes ? count - written : sizeof outcomes;
        items context = {.options = &s->options, .letters = letters + written};
        write_batch(s, make_letter, &context, part, outcomes);
        for (good = 0; good < part && outcomes[good] == WANMI_DELIVERED; good++)
            ;
    }
    pthread_mutex_unlock(&s->lock);
    return written;
}

static void release(void *sink)
{
    wanmi_file_sink_close(sink);
}

wanmi_status wanmi_file_sink_def(wanmi_file_sink *sink, const char *name, wanmi_sink_def *def,
                                 wanmi_error *error)
{
    if (sink == NULL || name == NULL || def == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the sink, its name or its definition is NULL");
    wanmi_sink_def_init(def);
    def->name = name;
    def->deliver = wanmi_file_sink_deliver;
    def->user = sink;
    def->release = release;
    def->order = WANMI_ORDER_BATCH;
    return WANMI_OK;
}

/* ---- figures -------------------------------------------------------------------------------- */

void wanmi_file_figures_init(wanmi_file_figures *figures)
{
    *figures = (wanmi_file_figures){.struct_size = sizeof *figures};
}

wanmi_status wanmi_file_sink_figures(wanmi_file_sink *s, wanmi_file_figures *figures,
                                     wanmi_error *error)
{
    if (s == NULL || figures == NULL || figures->struct_size < sizeof(size_t)
        || figures->struct_size > sizeof *figures)
        return wm_error(error, WANMI_E_ARGUMENT, "the sink is NULL, or wanmi_file_figures was not "
                                                 "filled by wanmi_file_figures_init");
    size_t size = figures->struct_size;
    pthread_mutex_lock(&s->lock);
    memcpy(figures, &s->figures, size);
    pthread_mutex_unlock(&s->lock);
    figures->struct_size = size;
    return WANMI_OK;
}
