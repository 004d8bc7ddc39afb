/* build/bench/route: the harness without the command. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "routing.h"
#include "ways.h"

static int usage(int code)
{
    printf("route [--events N] [--rounds N] [--seed N] [--cpu] [--json FILE]\n");
    return code;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"events", required_argument, NULL, 'e'},
                                          {"rounds", required_argument, NULL, 'r'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"json", required_argument, NULL, 'j'},
                                          {"cpu", no_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    bench_route_options options;
    bench_route_options_init(&options);
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'e': options.events = strtoul(optarg, NULL, 10); break;
        case 'r': options.rounds = (unsigned)strtoul(optarg, NULL, 10); break;
        case 's': options.seed = strtoull(optarg, NULL, 10); break;
        case 'j': options.json_path = optarg; break;
        case 'c': options.processor_time = true; break;
        default: return usage(option == 'h' ? 0 : 2);
        }
    }
    if (optind < argc || options.events == 0 || options.rounds == 0 || options.rounds > BENCH_ROUNDS_LIMIT)
        return usage(2);
    return bench_route(&options);
}
