/* One write of the pipe sink: see sink_feed.h. */
#include "sink_feed.h"

#include <string.h>

/* The longest sleep before looking whether the process is still there. */
enum { LOOK_MS = 50 };

/* -1: this is no acknowledgement. */
static int outcome_of(const char *said)
{
    static const char *const words[] = {"ok", "retry", "dead"};
    static const uint8_t outcomes[] = {WANMI_DELIVERED, WANMI_RETRY, WANMI_DEAD};
    size_t length = strcspn(said, " \t\r");
    for (size_t i = 0; i < 3; i++)
        if (strlen(words[i]) == length && memcmp(words[i], said, length) == 0)
            return outcomes[i];
    return -1;
}

/* Takes up what it has acknowledged. `moved` is set when there was something. */
static wm_fate hear_answers(wm_feeding *f, bool *moved)
{
    char said[64];
    int heard;
    while ((heard = wm_process_listen(f->process, said)) == 1) {
        int outcome = outcome_of(said);
        if (outcome < 0 || f->answered == wm_lines_within(f->lines, f->sent))
            return WM_FATE_BABBLES;
        f->outcomes[f->lines->item[f->answered++]] = (uint8_t)outcome;
        *moved = true;
    }
    return heard < 0 ? WM_FATE_ENDED : WM_FATE_OPEN;
}

static wm_fate send_more(wm_feeding *f, bool *moved)
{
    if (f->sent == f->lines->filled)
        return WM_FATE_OPEN;
    ssize_t wrote = wm_process_write(f->process, f->lines->buffer + f->sent, f->lines->filled - f->sent);
    if (wrote < 0)
        return WM_FATE_ENDED;
    f->sent += (size_t)wrote;
    *moved |= wrote > 0;
    return WM_FATE_OPEN;
}

static wm_fate step(wm_feeding *f, bool *moved)
{
    wm_fate now = send_more(f, moved);
    if (f->listens && now == WM_FATE_OPEN)
        now = hear_answers(f, moved);
    if (now != WM_FATE_OPEN)
        return now;
    size_t unread = wm_process_unread(f->process);
    *moved |= unread < f->unread;
    f->unread = unread;
    if (f->sent == f->lines->filled && (f->listens ? f->answered == f->lines->count : unread == 0))
        return WM_FATE_TAKEN;
    return WM_FATE_OPEN;
}

/* Waits for something to do. Nobody tells when a pipe has been emptied: naps. */
static wm_fate wait_for_it(wm_feeding *f)
{
    if (wm_steady_ns(f->host) - f->progress_ns > f->patience_us * 1000)
        return WM_FATE_HUNG;
    bool writes = f->sent < f->lines->filled, naps = !writes && !f->listens;
    if (naps)
        wm_wait_more(&f->wait);
    if (!wm_process_wait(f->process, writes, naps ? 0 : LOOK_MS))
        return WM_FATE_ENDED;
    return wm_process_ended(f->process) ? WM_FATE_ENDED : WM_FATE_OPEN;
}

static void mark_delivered(wm_feeding *f)
{
    for (size_t i = 0; i < f->lines->count; i++)
        f->outcomes[f->lines->item[i]] = WANMI_DELIVERED;
}

wm_fate wm_feed(wm_feeding *f)
{
    wm_fate now = WM_FATE_OPEN;
    bool moved = false;
    f->progress_ns = wm_steady_ns(f->host);
    if (f->listens)                     /* before it has got anything: that is a babble */
        now = hear_answers(f, &moved);
    while (now == WM_FATE_OPEN) {
        moved = false;
        now = step(f, &moved);
        if (moved) {
            f->progress_ns = wm_steady_ns(f->host);
            f->wait = (wm_wait){0};
        } else if (now == WM_FATE_OPEN) {
            now = wait_for_it(f);
        }
    }
    if (now == WM_FATE_TAKEN && !f->listens)
        mark_delivered(f);
    return now;
}

bool wm_feed_settle(wm_feeding *f, wm_fate end, bool nobody_reads)
{
    const wm_lines *lines = f->lines;
    size_t unread = nobody_reads ? wm_process_unread(f->process) : 0;
    size_t taken = f->sent > unread ? f->sent - unread : 0;
    bool moved, all = true;
    if (f->listens && end != WM_FATE_BABBLES)   /* what follows a babble cannot be trusted */
        hear_answers(f, &moved);
    for (size_t i = f->answered; i < lines->count; i++) {
        uint8_t *outcome = &f->outcomes[lines->item[i]];
        size_t begin = i != 0 ? lines->end[i - 1] : 0;
        if (begin >= taken)
            *outcome = WANMI_RETRY;
        else if (!f->listens && nobody_reads && lines->end[i] <= taken)
            *outcome = WANMI_DELIVERED;
        else
            *outcome = WANMI_UNKNOWN;
        all &= *outcome == WANMI_DELIVERED;
    }
    return all;
}
