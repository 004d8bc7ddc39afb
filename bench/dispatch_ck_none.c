/* See dispatch_carriers.h: Concurrency Kit was not found, or is disabled. */
#include "dispatch_carriers.h"

const bench_carrier *bench_carrier_ck(void)
{
    return NULL;
}

const char *bench_ck_version(void)
{
    return "";
}
