/* What the verbs about maps share. */
#ifndef CLI_MAP_H
#define CLI_MAP_H

#include "common.h"

/* One line a layer: name, kind, level, parent, areas. */
void cli_print_layers(const wanmi_map *map);

/* One line a table: how many rows. Those that came with 0.2 only where there are any. */
void cli_print_tables(const wanmi_map *map);

/* wanmi map explain. */
int cli_map_explain(int argc, char **argv);

#endif
