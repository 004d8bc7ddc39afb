/* Filling a caller's error: see error.h. */
#include "error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void wanmi_error_clear(wanmi_error *error)
{
    if (error == NULL)
        return;
    memset(error, 0, sizeof *error);
    error->row = -1;
}

/* Cuts `text` of `length` bytes so that it does not end inside a character of UTF-8. */
static size_t whole_characters(const char *text, size_t length)
{
    size_t start = length;
    while (start > 0 && length - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return length;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return length - (start - 1) < want ? start - 1 : length;
}

void wm_text_fit(char *field, size_t size, const char *text)
{
    size_t length = text != NULL ? strlen(text) : 0;
    if (length >= size)
        length = whole_characters(text, size - 1);
    if (length != 0)
        memcpy(field, text, length);
    field[length] = '\0';
}

/* Appends to a message as far as it fits. */
__attribute__((format(printf, 3, 0)))
static void append_list(char *text, size_t size, const char *format, va_list arguments)
{
    size_t used = strlen(text);
    int wrote = vsnprintf(text + used, size - used, format, arguments);
    if (wrote < 0)
        text[used] = '\0';
    else if ((size_t)wrote >= size - used)
        text[whole_characters(text, size - 1)] = '\0';
}

__attribute__((format(printf, 3, 4)))
static void append(char *text, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    append_list(text, size, format, arguments);
    va_end(arguments);
}

static int given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void write_place(wanmi_error *error, const wm_place *place)
{
    char *message = error->message;
    size_t size = sizeof error->message;
    const char *between = "";
    if (given(place->file)) {
        wm_text_fit(error->file, sizeof error->file, place->file);
        append(message, size, "%s: ", place->file);
    }
    if (given(place->layer)) {
        wm_text_fit(error->layer, sizeof error->layer, place->layer);
        /* No layer can be called so: the map's other tables are. */
        bool table = strncmp(place->layer, "wanmi_", 6) == 0;
        append(message, size, "%s %s", table ? "table" : "layer", place->layer);
        between = ", ";
    }
    if (place->row > 0) {
        error->row = place->row;
        append(message, size, "%srow %lld", between, (long long)place->row);
        between = ", ";
    }
    if (given(place->code)) {
        wm_text_fit(error->code, sizeof error->code, place->code);
        append(message, size, "%scode %.80s", between, place->code);
        between = ", ";
    }
    if (between[0] != '\0')
        append(message, size, ": ");
    if (given(place->column))
        append(message, size, "column %s: ", place->column);
}

__attribute__((format(printf, 4, 0)))
static wanmi_status fill(wanmi_error *error, wanmi_status status, const wm_place *place,
                         const char *format, va_list arguments)
{
    if (error == NULL)
        return status;
    /* The texts of a place may lie in `error` itself. */
    wanmi_error fresh;
    wanmi_error_clear(&fresh);
    fresh.status = status;
    write_place(&fresh, place);
    append_list(fresh.message, sizeof fresh.message, format, arguments);
    if (place->value != NULL) {
        wm_text_fit(fresh.value, sizeof fresh.value, place->value);
        append(fresh.message, sizeof fresh.message, ": '%.120s'", fresh.value);
    }
    *error = fresh;
    return status;
}

wanmi_status wm_error_at(wanmi_error *error, wanmi_status status, const wm_place *place,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill(error, status, place, format, arguments);
    va_end(arguments);
    return status;
}

wanmi_status wm_error(wanmi_error *error, wanmi_status status, const char *format, ...)
{
    const wm_place nowhere = {0};
    va_list arguments;
    va_start(arguments, format);
    fill(error, status, &nowhere, format, arguments);
    va_end(arguments);
    return status;
}

wanmi_status wm_error_memory(wanmi_error *error)
{
    return wm_error(error, WANMI_E_MEMORY, "out of memory");
}

void wm_error_add_file(wanmi_error *error, const char *file)
{
    if (error == NULL || error->file[0] != '\0' || !given(file))
        return;
    wanmi_error fresh = *error;
    wm_text_fit(fresh.file, sizeof fresh.file, file);
    fresh.message[0] = '\0';
    append(fresh.message, sizeof fresh.message, "%s: %s", file, error->message);
    *error = fresh;
}
