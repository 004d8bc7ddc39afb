/* See machine.h. */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "wanmi/wanmi.h"

#ifndef BENCH_FLAGS
#define BENCH_FLAGS "not known"
#endif

static void read_processor(char *text, size_t size)
{
    char line[256];
    snprintf(text, size, "unknown processor");
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon != NULL) {
            snprintf(text, size, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    if (file != NULL)
        fclose(file);
}

static const char *level(const char *otherwise)
{
#if defined(__x86_64__)
    (void)otherwise;
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return "x86-64-v4";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma"))
        return "x86-64-v3";
    return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt") ? "x86-64-v2" : "x86-64-v1";
#else
    return otherwise;
#endif
}

static void read_cache(char *text, size_t size, const char *name, int what)
{
    long bytes = sysconf(what);
    size_t used = strlen(text);
    if (bytes > 0)
        snprintf(text + used, size - used, "%s%s %ld KiB", used > 0 ? ", " : "", name, bytes / 1024);
}

void bench_machine_read(bench_machine *machine)
{
    struct utsname os;
    struct tm utc;
    time_t now = time(NULL);
    memset(machine, 0, sizeof *machine);
    uname(&os);
    read_processor(machine->processor, sizeof machine->processor);
    snprintf(machine->level, sizeof machine->level, "%s", level(os.machine));
    read_cache(machine->caches, sizeof machine->caches, "L1d", _SC_LEVEL1_DCACHE_SIZE);
    read_cache(machine->caches, sizeof machine->caches, "L2", _SC_LEVEL2_CACHE_SIZE);
    read_cache(machine->caches, sizeof machine->caches, "L3", _SC_LEVEL3_CACHE_SIZE);
    machine->processors = sysconf(_SC_NPROCESSORS_ONLN);
    snprintf(machine->system, sizeof machine->system, "%.60s %.80s", os.sysname, os.release);
#if defined(__clang__)
    snprintf(machine->compiler, sizeof machine->compiler, "%s", __VERSION__);
#else
    snprintf(machine->compiler, sizeof machine->compiler, "gcc %s", __VERSION__);
#endif
    snprintf(machine->flags, sizeof machine->flags, "%s", BENCH_FLAGS);
    wanmi_version_text(machine->versions, sizeof machine->versions);
    strftime(machine->date, sizeof machine->date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

void bench_machine_peer(bench_machine *machine, const char *text)
{
    size_t used = strlen(machine->peers);
    if (strstr(machine->peers, text) == NULL)
        snprintf(machine->peers + used, sizeof machine->peers - used, "%s%s", used > 0 ? ", " : "", text);
}

void bench_machine_print(const bench_machine *machine)
{
    printf("%s: %ld of %s, %s, %s\ncompiler %s, flags %s\n%s\n", machine->date, machine->processors,
           machine->processor, machine->level, machine->system, machine->compiler, machine->flags,
           machine->versions);
    if (machine->caches[0] != '\0')
        printf("caches %s\n", machine->caches);
}

json_t *bench_machine_json(const bench_machine *machine)
{
    return json_pack("{ss ss ss sI ss ss ss ss ss ss}", "processor", machine->processor, "level",
                     machine->level, "caches", machine->caches, "processors",
                     (json_int_t)machine->processors, "system", machine->system, "compiler",
                     machine->compiler, "flags", machine->flags, "versions", machine->versions, "peers",
                     machine->peers, "date", machine->date);
}
