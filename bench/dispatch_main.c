/* build/bench/dispatch: the harness without the command. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "dispatch.h"
#include "ways.h"

static int usage(int code)
{
    printf("dispatch [--rounds N] [--records N] [--cpu] [--pin] [--no-ck] [--json FILE]\n");
    return code;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"rounds", required_argument, NULL, 'r'},
                                          {"records", required_argument, NULL, 'n'},
                                          {"json", required_argument, NULL, 'j'},
                                          {"cpu", no_argument, NULL, 'c'},
                                          {"pin", no_argument, NULL, 'p'},
                                          {"no-ck", no_argument, NULL, 'k'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    bench_dispatch_options options;
    bench_dispatch_options_init(&options);
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'r': options.rounds = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'n': options.records = strtoul(optarg, NULL, 10); break;
        case 'j': options.json_path = optarg; break;
        case 'c': options.processor_time = true; break;
        case 'p': options.pinned = true; break;
        case 'k': options.peers = false; break;
        default: return usage(option == 'h' ? 0 : 2);
        }
    }
    if (optind < argc || options.rounds == 0 || options.rounds > BENCH_ROUNDS_LIMIT)
        return usage(2);
    return bench_dispatch(&options);
}
