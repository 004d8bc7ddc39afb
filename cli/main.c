/* The wanmi command: finds the verb. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "options.h"

typedef struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
} verb;

static const verb verbs[] = {
    {"grid", cli_grid, "cut areas into cells and write them as a map"},
    {"map", cli_map, "make and change a map: create layer units duties rules list set drop export explain"},
    {"check", cli_check, "look for gaps, overlaps and other faults of a map or a file of areas"},
    {"index", cli_index, "compile a map once and keep the result beside it"},
    {"info", cli_info, "what a map holds and what its index weighs"},
    {"locate", cli_locate, "positions in, areas out"},
    {"route", cli_route, "events in, deliveries out"},
    {"bench", cli_bench, "what it costs on this machine, beside what others cost"},
};

static int help(void)
{
    printf("usage: wanmi VERB ...\n\n"
           "Which cell of the grid is this, who is responsible, and has it reached them?\n\n");
    for (size_t i = 0; i < CLI_COUNT(verbs); i++)
        printf("  %-8s %s\n", verbs[i].name, verbs[i].about);
    printf("\n  wanmi VERB --help   the options of a verb, with an example\n"
           "  wanmi --version     versions of wanmi, PROJ and GEOS\n\n"
           "Exit code 0: all rows answered; 1: some rejected, or faults found; 2: usage, or a map\n"
           "or file that cannot be used; 130, 143: stopped by Ctrl-C or SIGTERM, what was answered\n"
           "is written.\n");
    return cli_stdout_done();
}

static int version(void)
{
    char text[256];
    wanmi_version_text(text, sizeof text);
    puts(text);
    return cli_stdout_done();
}

int main(int argc, char **argv)
{
    const char *names[CLI_COUNT(verbs) + 1] = {NULL};
    if (argc < 2)
        return cli_usage("", "wants a verb: grid, map, check, index, info, locate, route or bench");
    cli_catch_signals();
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        return help();
    if (strcmp(argv[1], "--version") == 0)
        return version();
    for (size_t i = 0; i < CLI_COUNT(verbs); i++) {
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
        names[i] = verbs[i].name;
    }
    const char *nearest = cli_nearest(argv[1], names);
    if (nearest != NULL)
        return cli_usage("", "unknown verb '%s' (did you mean %s?)", argv[1], nearest);
    return cli_usage("", "unknown verb '%s'", argv[1]);
}
