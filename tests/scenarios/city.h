/* city.h - a scenario's cities: the map that the text files of a folder describe,
 * made by the same functions as a clerk's, and what is compiled from it.
 */
#ifndef SCENARIO_CITY_H
#define SCENARIO_CITY_H

#include <stddef.h>

#include "wanmi/wanmi.h"

typedef struct city {
    const char *name;           /* "": the scenario has one, in its own folder */
    wanmi_map *map;
    wanmi_index *index;
    wanmi_plan *plan;
} city;

/* Ends the test with a message that names file and row where anything is refused. */
void city_open(city *c, const char *folder, const char *name, wanmi_words *words);
void city_close(city *c);

#endif
