/* Local dates and times: see clock.h. */
#include "clock.h"

void wm_clock_init(wm_clock *clock, const wanmi_zone *zone)
{
    *clock = (wm_clock){.zone = zone};
}

int64_t wm_days_of(int64_t local_us)
{
    int64_t days = local_us / WM_DAY_US;
    return days - (local_us % WM_DAY_US < 0);
}

static int64_t within(int64_t instant_us)
{
    if (instant_us > WM_CLOCK_MAX)
        return WM_CLOCK_MAX;
    return instant_us < -WM_CLOCK_MAX ? -WM_CLOCK_MAX : instant_us;
}

int64_t wm_clock_offset(wm_clock *clock, int64_t instant_us)
{
    if (instant_us < clock->stretch.from_us || instant_us >= clock->stretch.to_us)
        wm_zone_stretch(clock->zone, within(instant_us), &clock->stretch);
    return clock->stretch.offset_us;
}

wm_local wm_clock_local(wm_clock *clock, int64_t instant_us)
{
    int64_t local = within(instant_us) + wm_clock_offset(clock, instant_us);
    int64_t day = wm_days_of(local);
    return (wm_local){day, (int32_t)((local - day * WM_DAY_US) / (WM_MINUTE_SECONDS * WM_SECOND_US))};
}

int64_t wm_clock_day(wm_clock *clock, int64_t instant_us)
{
    return wm_days_of(within(instant_us) + wm_clock_offset(clock, instant_us));
}

unsigned wm_weekday(int64_t day)
{
    int64_t of_week = (day + 3) % 7;    /* 1970-01-01 was a Thursday */
    return (unsigned)(of_week < 0 ? of_week + 7 : of_week);
}

int64_t wm_clock_days_later(wm_clock *clock, int64_t instant_us, int64_t days)
{
    int64_t local = within(instant_us) + wm_clock_offset(clock, instant_us) + days * WM_DAY_US;
    int64_t later = local - clock->stretch.offset_us;
    /* In the same stretch that local time came for the first time: a clock that was
     * put back repeats less than a day. */
    if (later >= clock->stretch.from_us && later < clock->stretch.to_us)
        return later;
    int64_t second = local / WM_SECOND_US - (local % WM_SECOND_US < 0);
    return wm_zone_instant(clock->zone, second, false) * WM_SECOND_US + (local - second * WM_SECOND_US);
}
