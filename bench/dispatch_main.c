/* build/bench/dispatch: the harness without the command. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "dispatch.h"
#include "overload.h"
#include "ways.h"

static int usage(int code)
{
    printf("dispatch [--rounds N] [--records N] [--cpu] [--pin] [--no-ck] [--json FILE]\n"
           "dispatch --overload [--rounds N] [--seconds S] [--json FILE]\n"
           "dispatch --sick [--rounds N] [--seconds S] [--rate N] [--json FILE]\n");
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
                                          {"overload", no_argument, NULL, 'o'},
                                          {"sick", no_argument, NULL, 's'},
                                          {"seconds", required_argument, NULL, 't'},
                                          {"rate", required_argument, NULL, 'a'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    bench_dispatch_options options;
    bench_strain_options strain;
    int (*strained)(const bench_strain_options *) = NULL;
    bench_dispatch_options_init(&options);
    bench_strain_options_init(&strain);
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'r': options.rounds = (unsigned)strtoul(optarg, NULL, 10); break;
        case 'n': options.records = strtoul(optarg, NULL, 10); break;
        case 'j': options.json_path = optarg; break;
        case 'c': options.processor_time = true; break;
        case 'p': options.pinned = true; break;
        case 'o': strained = bench_overload; break;
        case 's': strained = bench_sick; break;
        case 't': strain.seconds = strtod(optarg, NULL); break;
        case 'a': strain.rate = strtod(optarg, NULL); break;
        case 'k': options.peers = false; break;
        default: return usage(option == 'h' ? 0 : 2);
        }
    }
    if (optind < argc || options.rounds == 0 || options.rounds > BENCH_ROUNDS_LIMIT || strain.seconds <= 0
        || strain.rate <= 0)
        return usage(2);
    strain.rounds = options.rounds;
    strain.json_path = options.json_path;
    return strained != NULL ? strained(&strain) : bench_dispatch(&options);
}
