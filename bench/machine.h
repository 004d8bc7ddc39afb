/* What a figure is worth: processor, caches, compiler and flags, versions, date. */
#ifndef BENCH_MACHINE_H
#define BENCH_MACHINE_H

#include <stddef.h>

#include <jansson.h>

typedef struct bench_machine {
    char processor[128];
    char level[16];                 /* x86-64-v1 to v4; another architecture's name */
    char caches[128];               /* "L1d 48 KiB, L2 1 MiB, L3 32 MiB" */
    long processors;
    char system[160];
    char compiler[160];
    char flags[256];
    char versions[256];             /* wanmi, PROJ, GEOS */
    char peers[256];                /* others, as they are opened; "" */
    char date[32];
} bench_machine;

void bench_machine_read(bench_machine *machine);
/* Adds a peer and its version, once. */
void bench_machine_peer(bench_machine *machine, const char *text);
void bench_machine_print(const bench_machine *machine);
json_t *bench_machine_json(const bench_machine *machine);

#endif
