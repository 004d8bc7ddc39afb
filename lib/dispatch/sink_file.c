/* The file sink: one line a delivery, appended to a file that is rotated. */
#include "sink_file.h"

#include <limits.h>
#include <string.h>

#include "sink_outlet.h"

/* How often a lane without deliveries looks whether a period has ended. */
enum { LOOK_LEAST_US = 10 * 1000, LOOK_MOST_US = 1000 * 1000 };

struct wanmi_file_sink {
    wm_outlet outlet;
    wanmi_file_options options;         /* its path is a copy */
    wm_file file;
    wanmi_file_figures figures;
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
    wanmi_file_options_init(to);
    wanmi_status status = wm_outlet_options(to, sizeof *to, from, "wanmi_file_options", error);
    if (status != WANMI_OK)
        return status;
    if (to->line == NULL)
        to->line = wanmi_delivery_line;
    return check(to, error);
}

static wanmi_status name_file(wanmi_file_sink *s)
{
    s->options.path = wm_text_copy(&s->outlet.host, s->options.path);
    if (s->options.path == NULL)
        return WANMI_E_MEMORY;
    const char *slash = strrchr(s->options.path, '/');
    s->file.name = slash != NULL ? slash + 1 : s->options.path;
    size_t length = slash != NULL ? (size_t)(slash + 1 - s->options.path) : 1;
    char *folder = wm_alloc(&s->outlet.host, length + 1);      /* so that wm_text_free knows its size */
    if (folder == NULL)
        return WANMI_E_MEMORY;
    memcpy(folder, slash != NULL ? s->options.path : ".", length);
    folder[length] = '\0';
    s->file.folder = folder;
    return WANMI_OK;
}

static wanmi_status open_all(wanmi_file_sink *s, wanmi_error *error)
{
    if (name_file(s) != WANMI_OK)
        return wm_error_memory(error);
    bool rotated = false;
    wm_place place = {.file = s->options.path};
    if (!wm_file_ready(&s->file, wm_now_us(&s->outlet.host), &rotated))
        return wm_error_at(error, WANMI_E_SYSTEM, &place, "%s: %s", s->file.what,
                           strerror(s->file.problem));
    s->figures.rotations += rotated;
    return WANMI_OK;
}

static void free_all(wanmi_file_sink *s)
{
    wm_file_close(&s->file);
    wm_text_free(&s->outlet.host, s->file.folder);
    wm_text_free(&s->outlet.host, (char *)s->options.path);
    wm_outlet_free(s);
}

wanmi_status wanmi_file_sink_open(const wanmi_file_options *options, const wanmi_host *host,
                                  wanmi_file_sink **sink, wanmi_error *error)
{
    if (sink == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the place for the sink is NULL");
    wanmi_file_options own;
    void *made = NULL;
    wanmi_status status = read_options(&own, options, error);
    if (status == WANMI_OK)
        status = wm_outlet_make(sizeof(wanmi_file_sink), own.line_max, host, &made, error);
    if (status != WANMI_OK)
        return status;
    wanmi_file_sink *s = made;
    s->options = own;
    s->file.options = &s->options;
    s->file.descriptor = -1;
    s->figures.struct_size = sizeof s->figures;
    status = open_all(s, error);
    if (status == WANMI_OK)
        *sink = s;
    else
        free_all(s);
    return status;
}

void wanmi_file_sink_close(wanmi_file_sink *s)
{
    if (s == NULL)
        return;
    if (s->file.descriptor >= 0 && s->options.sync != WANMI_SYNC_NEVER && !wm_file_sync(&s->file))
        wm_log(&s->outlet.host, WANMI_LOG_ERROR, "%s: %s: %s", s->options.path, s->file.what,
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
    size_t bytes = wm_file_append(&s->file, s->outlet.lines.buffer, s->outlet.lines.end, count);
    size_t whole = wm_lines_within(&s->outlet.lines, bytes);
    for (size_t i = 0; i < whole; i++)
        b->outcomes[s->outlet.lines.item[i]] = WANMI_DELIVERED;
    s->figures.bytes += bytes;
    wm_lines_shift(&s->outlet.lines, whole);
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
    if (limit == 0 || s->file.rotation_failed || s->file.size + s->outlet.lines.filled <= limit
        || (s->file.size == 0 && s->outlet.lines.count == 1))
        return true;
    if (!write_lines(b, s->outlet.lines.count - 1) || !sync_batch(b, item))
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
        if (wm_lines_full(&s->outlet.lines) && !write_lines(b, s->outlet.lines.count))
            return false;
        if (!wm_lines_add(&s->outlet.lines, b->make, b->context, i)) {
            b->outcomes[i] = WANMI_DEAD;
            s->figures.refused++;
        } else if (!rotate_before_last(b, i)) {
            return false;
        }
    }
    return write_lines(b, s->outlet.lines.count);
}

/* Says once that it is sick, and once that it is well again. */
static void tell(wanmi_file_sink *s, bool good)
{
    if (good && s->outlet.sick)
        wm_log(&s->outlet.host, WANMI_LOG_INFO, "%s: is written again", s->options.path);
    else if (!good && !s->outlet.sick)
        wm_log(&s->outlet.host, WANMI_LOG_WARNING, "%s: %s: %s", s->options.path, s->file.what,
               strerror(s->file.problem));
    s->outlet.sick = !good;
}

static void count_lines(wanmi_file_sink *s, const uint8_t *outcomes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        s->figures.lines += outcomes[i] == WANMI_DELIVERED;
}

/* Opens it where needed, and rotates it when its period has ended. */
static bool make_ready(wanmi_file_sink *s)
{
    bool rotated = false, good = wm_file_ready(&s->file, wm_now_us(&s->outlet.host), &rotated);
    s->figures.rotations += rotated;
    s->figures.rotations_failed += s->file.rotation_failed;
    return good;
}

static void write_batch(wanmi_file_sink *s, wm_make_fn make, void *context, size_t count,
                        uint8_t *outcomes)
{
    batch b = {s, make, context, outcomes, 0};
    memset(outcomes, WANMI_RETRY, count);
    uint64_t failed_before = s->figures.rotations_failed;
    bool good = make_ready(s) && write_items(&b, count);
    /* Also after a failure: what went in before it is answered as delivered. */
    if (s->file.descriptor >= 0 && !sync_batch(&b, count))
        good = false;
    /* What was not written is answered RETRY. */
    s->outlet.lines.filled = s->outlet.lines.count = 0;
    s->figures.failures += !good;
    count_lines(s, outcomes, count);
    tell(s, good && s->figures.rotations_failed == failed_before);
}

void wanmi_file_sink_look(void *sink)
{
    wanmi_file_sink *s = sink;
    pthread_mutex_lock(&s->outlet.lock);
    /* It is opened again by those who have lines; and that it is well, they say. */
    if (s->file.descriptor >= 0 && (!make_ready(s) || s->file.rotation_failed))
        tell(s, false);
    pthread_mutex_unlock(&s->outlet.lock);
}

/* ---- deliveries, letters ------------------------------------------------------------------ */

void wanmi_file_sink_deliver(void *sink, const wanmi_delivery *deliveries, size_t count,
                             uint8_t *outcomes)
{
    wanmi_file_sink *s = sink;
    wm_items items = {s->options.line, s->options.line_user, .deliveries = deliveries};
    pthread_mutex_lock(&s->outlet.lock);
    write_batch(s, wm_make_delivery, &items, count, outcomes);
    pthread_mutex_unlock(&s->outlet.lock);
}

size_t wanmi_file_sink_letters(void *sink, const wanmi_dead_letter *letters, size_t count)
{
    wanmi_file_sink *s = sink;
    uint8_t outcomes[256];
    size_t written = 0, part = 0, good = 0;
    pthread_mutex_lock(&s->outlet.lock);
    for (; written < count && good == part; written += good) {
        part = count - written < sizeof outcomes ? count - written : sizeof outcomes;
        wm_items items = {s->options.line, s->options.line_user, .letters = letters + written};
        write_batch(s, wm_make_letter, &items, part, outcomes);
        for (good = 0; good < part && outcomes[good] == WANMI_DELIVERED; good++)
            ;
    }
    pthread_mutex_unlock(&s->outlet.lock);
    return written;
}

static void release(void *sink)
{
    wanmi_file_sink_close(sink);
}

wanmi_status wanmi_file_sink_def(wanmi_file_sink *sink, const char *name, wanmi_sink_def *def,
                                 wanmi_error *error)
{
    wanmi_status status = wm_outlet_def(sink, name, wanmi_file_sink_deliver, release, def, error);
    if (status != WANMI_OK || sink->options.rotate_us == 0)
        return status;
    int64_t half = sink->options.rotate_us / 2;
    def->idle = wanmi_file_sink_look;
    def->idle_us = half < LOOK_LEAST_US ? LOOK_LEAST_US : half > LOOK_MOST_US ? LOOK_MOST_US : half;
    return status;
}

/* ---- figures -------------------------------------------------------------------------------- */

void wanmi_file_figures_init(wanmi_file_figures *figures)
{
    *figures = (wanmi_file_figures){.struct_size = sizeof *figures};
}

wanmi_status wanmi_file_sink_figures(wanmi_file_sink *s, wanmi_file_figures *figures,
                                     wanmi_error *error)
{
    if (s == NULL || !wm_outlet_fits(figures, sizeof *figures))
        return wm_error(error, WANMI_E_ARGUMENT, "the sink is NULL, or wanmi_file_figures was not "
                                                 "filled by wanmi_file_figures_init");
    wm_outlet_figures(&s->outlet, figures, &s->figures);
    return WANMI_OK;
}
