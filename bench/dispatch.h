/* The harness of handing over: `wanmi bench dispatch`, build/bench/dispatch. */
#ifndef BENCH_DISPATCH_H
#define BENCH_DISPATCH_H

/* Runs, prints, and writes JSON where `json_path` is not NULL. Gives 0; ends the
 * process with a message where a file cannot be written. */
int bench_dispatch(const char *json_path);

#endif
