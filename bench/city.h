/* A city to route in, made from seeds: 10,000 cells of 100 m in 100 communities
 * in 25 streets; seven roles, each with a duty in every cell; 200 classes (ten of
 * two digits, twenty of four below each) and 500 rules.
 */
#ifndef BENCH_CITY_H
#define BENCH_CITY_H

#include <stddef.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

enum { BENCH_CITY_CLASSES = 200 };

wanmi_map *bench_make_city(const wanmi_host *host);

/* Events with places and times, over the whole city and the year 2024. Classes by
 * Zipf's law; eight of ten have one of four sources, severities are even. */
void bench_city_events(wanmi_words *words, uint64_t seed, wanmi_event *events, size_t count);

#endif
