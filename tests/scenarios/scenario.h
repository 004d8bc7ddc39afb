/* scenario.h - a scenario in memory: its cities, its events, what is expected. */
#ifndef SCENARIO_H
#define SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "city.h"
#include "table.h"

enum { CITIES_MAX = 8, LINE_MAX_BYTES = 1024, LINES_MAX = 64 };

typedef struct scenario {
    const char *folder;
    city cities[CITIES_MAX];
    size_t city_count;
    wanmi_words *words;
    table events, expected, escalations, subscriptions;
} scenario;

/* Lines of one event, as they stand in a file of expected ones or were got. */
typedef struct lines {
    char text[LINES_MAX][LINE_MAX_BYTES];
    size_t line[LINES_MAX];     /* of the file; 0: got */
    size_t count;
} lines;

void scenario_open(scenario *s, const char *folder);
void scenario_close(scenario *s);

const city *scenario_city(const scenario *s, size_t row);

/* Event `row` of events.csv, its texts numbered in `words`. Its id is the row. */
wanmi_event scenario_event(const scenario *s, size_t row, wanmi_words *words);

/* Compares; prints folder, line, expected and got of each that differs. */
bool lines_agree(const lines *expected, const lines *got, const table *file, size_t event_line,
                 const char *event);

/* Adds a text; ends the test when there are too many. */
void lines_add(lines *all, size_t line, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* An instant as it is written in lines: local time of the map, "" for none; and a
 * text of a file in that form. */
void local_text(const city *c, int64_t instant_us, char text[40]);
void local_form(const city *c, const char *given, const char *what, char text[40]);

#endif
