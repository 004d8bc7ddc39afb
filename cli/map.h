/* What the verbs about maps share. */
#ifndef CLI_MAP_H
#define CLI_MAP_H

#include "common.h"

/* One line a layer: name, kind, level, parent, areas. */
void cli_print_layers(const wanmi_map *map);

/* wanmi map explain. */
int cli_map_explain(int argc, char **argv);

#endif
