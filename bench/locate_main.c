/* build/bench/locate: the harness without the command, for those who build wanmi
 * without GDAL. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "locate.h"
#include "workload.h"

static int usage(int code)
{
    printf("locate [--workload W1|W2|W3|W4 ...] [--points N] [--rounds N] [--seed N] [--cpu] [--json FILE]\n");
    return code;
}

static bool add_workload(bench_locate_options *options, const char *name)
{
    if (!bench_is_workload(name) || options->workload_count == BENCH_WORKLOADS_MAX)
        return false;
    options->workloads[options->workload_count++] = name;
    return true;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {{"workload", required_argument, NULL, 'w'},
                                          {"points", required_argument, NULL, 'p'},
                                          {"rounds", required_argument, NULL, 'r'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"json", required_argument, NULL, 'j'},
                                          {"cpu", no_argument, NULL, 'c'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    bench_locate_options options;
    bench_locate_options_init(&options);
    for (int option; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'w': if (!add_workload(&options, optarg)) return usage(2); break;
        case 'p': options.points = strtoul(optarg, NULL, 10); break;
        case 'r': options.rounds = (unsigned)strtoul(optarg, NULL, 10); break;
        case 's': options.seed = strtoull(optarg, NULL, 10); break;
        case 'j': options.json_path = optarg; break;
        case 'c': options.processor_time = true; break;
        default: return usage(option == 'h' ? 0 : 2);
        }
    }
    for (int i = optind; i < argc; i++)
        if (!add_workload(&options, argv[i]))
            return usage(2);
    if (options.points == 0 || options.rounds == 0 || options.rounds > BENCH_ROUNDS_LIMIT)
        return usage(2);
    return bench_locate(&options);
}
