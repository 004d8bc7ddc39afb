/* The story's city: a folder of CSV files made into a map file, then into a map. */
#ifndef DONGCHENG_CITY_H
#define DONGCHENG_CITY_H

#include <wanmi/io.h>
#include <wanmi/wanmi.h>

/* Makes `map_path` anew from `folder` and reads it. Release the map. */
wanmi_status city_open(const char *folder, const char *map_path, wanmi_map **map, wanmi_error *error);

#endif
