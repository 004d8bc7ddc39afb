/* NDJSON in: see ndjson.h. jansson parses each line; the texts that are wanted
 * are written over the line itself, which is longer than all of them: so a
 * batch of rows needs no memory of its own.
 */
#include "ndjson.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { RECORD_SEPARATOR = 0x1E };

void wm_ndjson_start(wm_ndjson *ndjson, const wm_window *window)
{
    *ndjson = (wm_ndjson){.window = *window, .line = 1};
}

void wm_ndjson_close(wm_ndjson *ndjson)
{
    wm_window_close(&ndjson->window);
}

wanmi_status wm_ndjson_look(const wm_ndjson *ndjson, wanmi_error *error)
{
    const wm_window *w = &ndjson->window;
    const char *bytes = w->bytes + w->start;
    size_t have = w->end - w->start;
    const char *line_end = memchr(bytes, '\n', have);
    size_t length = line_end != NULL ? (size_t)(line_end - bytes) : have;
    wm_place place = {.file = w->name};
    if (memmem(bytes, length, "\"FeatureCollection\"", 19) != NULL)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "a whole GeoJSON file, not one feature a "
                           "line (ogr2ogr -f GeoJSONSeq makes that of it)");
    while (length > 0 && (bytes[length - 1] == '\r' || bytes[length - 1] == ' '))
        length--;
    if (length == 1 && bytes[0] == '{' && line_end != NULL)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place,
                           "an object over several lines, not one object a line");
    return WANMI_OK;
}

/* ---- lines --------------------------------------------------------------------- */

static bool is_empty(const char *line, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
            return false;
    return true;
}

/* Finds the next line that is not blank, without its line end. WANMI_PARTIAL: it
 * is longer than WM_LINE_MAX and has been left behind. */
static wanmi_status next_line(wm_ndjson *n, bool keep, char **line, size_t *length, wm_raw *raw,
                              wanmi_error *error)
{
    for (;;) {
        wm_window *w = &n->window;
        char *bytes = w->bytes + w->start;
        size_t have = w->end - w->start;
        char *line_end = memchr(bytes + n->scanned, '\n', have - n->scanned);
        size_t size = line_end != NULL ? (size_t)(line_end - bytes) : have;
        bool whole = line_end != NULL || (w->ended && have != 0);
        bool too_long = size > WM_LINE_MAX;
        if (whole || too_long) {
            bool skipped = n->skipping, blank = whole && !too_long && is_empty(bytes, size);
            raw->line = n->line;
            w->start += size + (line_end != NULL);
            n->line += whole;
            n->scanned = 0;
            n->skipping = !whole;
            if (skipped || blank)
                continue;
            raw->row = ++n->row;
            *line = bytes;
            *length = size;
            return too_long ? WANMI_PARTIAL : WANMI_OK;
        }
        if (w->ended)
            return WANMI_END;
        n->scanned = have;
        wanmi_status status = keep ? WANMI_AGAIN : wm_window_fill(w, error);
        if (status != WANMI_OK)
            return status;
    }
}

/* ---- values -------------------------------------------------------------------- */

typedef struct feature {
    const wm_ndjson *ndjson;
    const wm_names *names;
    wm_raw *raw;
    json_t *root;
    json_t *members;            /* the object itself, or a feature's properties (may be NULL) */
    bool is_feature;
    json_t *value[WM_COLUMN_COUNT];
} feature;

static wanmi_status refuse(const feature *f, const char *column, const char *words,
                           const char *value, wanmi_error *error)
{
    return wm_raw_refuse(f->ndjson->window.name, f->raw, column, words, value, error);
}

static json_t *member(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return json_is_null(value) ? NULL : value;
}

static wanmi_status find_point(feature *f, wanmi_error *error)
{
    json_t *geometry = member(f->root, "geometry");
    const char *type = json_string_value(json_object_get(geometry, "type"));
    if (type == NULL || strcmp(type, "Point") != 0)
        return refuse(f, NULL, "the feature's geometry is not a Point", type, error);
    json_t *place = json_object_get(geometry, "coordinates");
    if (json_array_size(place) < 2 || !json_is_number(json_array_get(place, 0)) ||
        !json_is_number(json_array_get(place, 1)))
        return refuse(f, NULL, "the Point's coordinates are not two numbers", NULL, error);
    f->value[WM_LON] = json_array_get(place, 0);
    f->value[WM_LAT] = json_array_get(place, 1);
    return WANMI_OK;
}

/* Found before anything is refused: a refused row is known by its id. */
static void find_id(feature *f)
{
    f->value[WM_ID] = member(f->members, f->names->text[WM_ID]);
    if (f->value[WM_ID] == NULL && f->is_feature)
        f->value[WM_ID] = member(f->root, "id");
}

static wanmi_status find_values(feature *f, wanmi_error *error)
{
    const char *type = json_string_value(json_object_get(f->root, "type"));
    f->is_feature = type != NULL && strcmp(type, "Feature") == 0;
    f->members = f->is_feature ? member(f->root, "properties") : f->root;
    find_id(f);
    if (f->members != NULL && !json_is_object(f->members))
        return refuse(f, NULL, "the feature's properties are not an object", NULL, error);
    /* An event that names an object needs no position. */
    bool has_object = member(f->members, f->names->text[WM_OBJECT]) != NULL;
    bool has_point = f->is_feature && (!has_object || member(f->root, "geometry") != NULL);
    wanmi_status status = has_point ? find_point(f, error) : WANMI_OK;
    for (int i = 0; i < WM_COLUMN_COUNT && status == WANMI_OK; i++) {
        const char *name = f->names->text[i];
        if (f->value[i] != NULL)
            continue;
        f->value[i] = member(f->members, name);
        if (f->value[i] == NULL && f->names->required[i] && !(i <= WM_LAT && has_object) &&
            (i <= WM_LAT || json_object_get(f->members, name) == NULL))
            status = refuse(f, name, "is missing", NULL, error);
    }
    return status;
}

static bool take_number(feature *f, int column)
{
    if (column > WM_LAT || !json_is_number(f->value[column]))
        return false;
    f->raw->number[column] = json_number_value(f->value[column]);
    f->raw->is_number[column] = true;
    return true;
}

/* Writes one value over the line at `to`; gives where the next may go, or NULL
 * where it is neither text nor whole number. The line is at least as long:
 * quotes or signs around each value make room for its NUL. */
static char *write_value(feature *f, int column, char *to, const char *end)
{
    json_t *value = f->value[column];
    char digits[32];
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (json_is_integer(value)) {
        length = (size_t)snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT,
                                  json_integer_value(value));
        text = digits;
    }
    if (text == NULL || length >= (size_t)(end - to))
        return NULL;
    memcpy(to, text, length);
    to[length] = '\0';
    f->raw->text[column] = to;
    f->raw->length[column] = length;
    return to + length + 1;
}

static wanmi_status write_values(feature *f, char *line, size_t length, wanmi_error *error)
{
    char *to = line;
    for (int i = 0; i < WM_COLUMN_COUNT; i++) {
        if (f->value[i] == NULL || take_number(f, i))
            continue;
        int same = 0;
        while (f->value[same] != f->value[i])
            same++;
        if (same < i && f->raw->text[same] != NULL) { /* one member for two columns: written once */
            f->raw->text[i] = f->raw->text[same];
            f->raw->length[i] = f->raw->length[same];
            continue;
        }
        char *next = write_value(f, i, to, line + length);
        if (next == NULL)
            return refuse(f, f->names->text[i], i <= WM_LAT ? "is not a number"
                          : "is neither a text nor a whole number", NULL, error);
        to = next;
    }
    return WANMI_OK;
}

/* Of a refused row only its id is left. */
static void keep_id(feature *f, char *line, size_t length)
{
    *f->raw = (wm_raw){.row = f->raw->row, .line = f->raw->line};
    if (f->value[WM_ID] != NULL)
        write_value(f, WM_ID, line, line + length);
}

wanmi_status wm_ndjson_next(wm_ndjson *ndjson, bool keep, const wm_names *names, wm_raw *raw,
                            wanmi_error *error)
{
    char *line = NULL;
    size_t length = 0;
    *raw = (wm_raw){0};
    feature f = {.ndjson = ndjson, .names = names, .raw = raw};
    wanmi_status status = next_line(ndjson, keep, &line, &length, raw, error);
    if (status == WANMI_PARTIAL)
        return refuse(&f, NULL, "is longer than 1 MiB", NULL, error);
    if (status != WANMI_OK)
        return status;
    size_t lead = length != 0 && line[0] == RECORD_SEPARATOR;
    json_error_t why;
    f.root = json_loadb(line + lead, length - lead, JSON_REJECT_DUPLICATES, &why);
    if (f.root == NULL)
        return refuse(&f, NULL, "is not JSON", why.text, error);
    if (json_is_object(f.root))
        status = find_values(&f, error);
    else
        status = refuse(&f, NULL, "is not a JSON object", NULL, error);
    if (status == WANMI_OK)
        status = write_values(&f, line, length, error);
    if (status != WANMI_OK)
        keep_id(&f, line, length);
    json_decref(f.root);
    return status;
}
