/* build/bench/dispatch: the harness without the command. */
#include <stdio.h>
#include <string.h>

#include "dispatch.h"

int main(int argc, char **argv)
{
    if (argc == 1)
        return bench_dispatch(NULL);
    if (argc == 3 && strcmp(argv[1], "--json") == 0)
        return bench_dispatch(argv[2]);
    fprintf(stderr, "usage: dispatch [--json FILE]\n");
    return 2;
}
