/* Lines gathered for one write: what the file sink and the pipe sink share. */
#ifndef WM_DISPATCH_SINK_LINES_H
#define WM_DISPATCH_SINK_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/sinks.h"

enum {
    WM_LINES_MAX = 256,                 /* of one write */
    WM_LINES_BYTES = 64 * 1024,         /* about so many, and one line more */
    WM_LINE_DEFAULT = 16384,
    WM_LINE_LEAST = 1024,
    WM_LINE_MOST = 1024 * 1024
};

/* Makes the line of an item: as wanmi_line_fn. */
typedef size_t (*wm_make_fn)(void *context, size_t item, char *buffer, size_t size);

typedef struct wm_lines {
    char *buffer;
    size_t line_max, filled, count;
    size_t end[WM_LINES_MAX];           /* of each line, its line feed included */
    size_t item[WM_LINES_MAX];          /* of which it is */
} wm_lines;

/* `line_max` was checked. False: no memory. */
bool wm_lines_open(wm_lines *lines, size_t line_max, const wanmi_host *host);
void wm_lines_drop(wm_lines *lines, const wanmi_host *host);

/* Whether the longest line may not fit any more. */
bool wm_lines_full(const wm_lines *lines);
/* Adds a line; it is not full. False: none can be made of this item. */
bool wm_lines_add(wm_lines *lines, wm_make_fn make, void *context, size_t item);
/* Forgets the first `count` lines. */
void wm_lines_shift(wm_lines *lines, size_t count);
/* How many lines end within the first `bytes`. */
size_t wm_lines_within(const wm_lines *lines, size_t bytes);

/* Deliveries or letters as items of wm_lines_add: the context of these two. */
typedef struct wm_items {
    wanmi_line_fn line;
    void *line_user;
    const wanmi_delivery *deliveries;
    const wanmi_dead_letter *letters;
} wm_items;

size_t wm_make_delivery(void *items, size_t item, char *buffer, size_t size);
size_t wm_make_letter(void *items, size_t item, char *buffer, size_t size);

/* The line of a dead letter around the delivery's own, by `line` or, where that gives
 * none, by wanmi_delivery_line. */
size_t wm_letter_line(const wanmi_dead_letter *letter, wanmi_line_fn line, void *user,
                      char *buffer, size_t size);

#endif
