/* build/bench/flow: the harness without the command. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "flow.h"
#include "ways.h"
#include "workload.h"

static int usage(int code)
{
    printf("flow [--workload W1] [--events N] [--rounds N] [--seed N] [--quick] [--json FILE]\n"
           "flow --chaos [--seconds N] [--events N] [--rate N] [--producers N] [--seed N] [--json FILE]\n");
    return code;
}

static int run_chaos(const bench_flow_options *o, double seconds, double rate, unsigned producers, bool events_given)
{
    bench_chaos_options chaos;
    bench_chaos_options_init(&chaos);
    chaos.seed = o->seed;
    chaos.json_path = o->json_path;
    chaos.rate = rate;
    chaos.producers = producers != 0 ? producers : chaos.producers;
    chaos.events = events_given ? o->events : 0;
    chaos.seconds = seconds > 0 ? seconds : events_given ? 0 : chaos.seconds;
    return chaos.producers > 16 ? usage(2) : bench_chaos(&chaos);
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"workload", required_argument, NULL, 'w'}, {"events", required_argument, NULL, 'e'},
        {"rounds", required_argument, NULL, 'r'}, {"seed", required_argument, NULL, 's'},
        {"json", required_argument, NULL, 'j'}, {"quick", no_argument, NULL, 'q'},
        {"chaos", no_argument, NULL, 'c'}, {"seconds", required_argument, NULL, 't'},
        {"producers", required_argument, NULL, 'p'}, {"rate", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    bench_flow_options options;
    bool chaos = false, events_given = false;
    double seconds = 0, rate = 0;
    unsigned producers = 0;
    bench_flow_options_init(&options);
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'w': options.workload = optarg; break;
        case 'e': options.events = strtoul(optarg, NULL, 10), events_given = true; break;
        case 'r': options.rounds = (unsigned)strtoul(optarg, NULL, 10); break;
        case 's': options.seed = strtoull(optarg, NULL, 10); break;
        case 'j': options.json_path = optarg; break;
        case 'q': options.quick = true; break;
        case 'c': chaos = true; break;
        case 't': seconds = strtod(optarg, NULL); break;
        case 'a': rate = strtod(optarg, NULL); break;
        case 'p': producers = (unsigned)strtoul(optarg, NULL, 10); break;
        default: return usage(option == 'h' ? 0 : 2);
        }
    }
    if (optind < argc || options.events == 0 || options.rounds == 0 || options.rounds > BENCH_ROUNDS_LIMIT
        || !bench_is_workload(options.workload))
        return usage(2);
    return chaos ? run_chaos(&options, seconds, rate, producers, events_given) : bench_flow(&options);
}
