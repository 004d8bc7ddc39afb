/* Bytes in: see source.h. */
#include "source.h"

#include <cpl_error.h>
#include <cpl_vsi.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A whole line and a block behind it; one byte more to end the last text. */
enum { BLOCK = 256 * 1024 };
#define WINDOW (WM_LINE_MAX + BLOCK)

static wanmi_status start(wm_window *window, const char *name, const wanmi_host *host,
                          wanmi_error *error)
{
    *window = (wm_window){.host = host, .fd = -1};
    window->name = wm_text_copy(host, name);
    window->bytes = wm_alloc(host, WINDOW + 1);
    if (window->name == NULL || window->bytes == NULL) {
        wm_window_close(window);
        return wm_error_memory(error);
    }
    return WANMI_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), want = strlen(end);
    return length >= want && strcmp(text + length - want, end) == 0;
}

static wanmi_status cannot_open(const char *path, const char *why, wanmi_error *error)
{
    wm_place place = {.file = path};
    return wm_error_at(error, WANMI_E_IO_OPEN, &place, "cannot be opened: %s", why);
}

static wanmi_status open_gzip(wm_window *window, const char *path, wanmi_error *error)
{
    char whole[4096];
    if ((size_t)snprintf(whole, sizeof whole, "/vsigzip/%s", path) >= sizeof whole)
        return cannot_open(path, "the name is too long", error);
    CPLPushErrorHandler(CPLQuietErrorHandler);
    window->gzip = VSIFOpenL(whole, "rb");
    CPLPopErrorHandler();
    return window->gzip != NULL ? WANMI_OK : cannot_open(path, "not a readable gzip file", error);
}

static wanmi_status open_file(wm_window *window, const char *path, wanmi_error *error)
{
    struct stat about;
    window->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (window->fd < 0)
        return cannot_open(path, strerror(errno), error);
    if (fstat(window->fd, &about) == 0 && S_ISDIR(about.st_mode))
        return cannot_open(path, "it is a folder", error);
    return WANMI_OK;
}

wanmi_status wm_window_open(wm_window *window, const char *path, const wanmi_host *host,
                            wanmi_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    wanmi_status status = start(window, standard ? "standard input" : path, host, error);
    if (status != WANMI_OK)
        return status;
    if (standard)
        window->fd = STDIN_FILENO;
    else if (ends_with(path, ".gz"))
        status = open_gzip(window, path, error);
    else
        status = open_file(window, path, error);
    if (status != WANMI_OK)
        wm_window_close(window);
    return status;
}

wanmi_status wm_window_open_memory(wm_window *window, const char *data, size_t size,
                                   const char *name, const wanmi_host *host, wanmi_error *error)
{
    wanmi_status status = start(window, name, host, error);
    if (status == WANMI_OK) {
        window->memory = data;
        window->memory_left = size;
    }
    return status;
}

void wm_window_close(wm_window *window)
{
    if (window->gzip != NULL)
        VSIFCloseL(window->gzip);
    if (window->fd > STDERR_FILENO)
        close(window->fd);
    wm_text_free(window->host, window->name);
    wm_free(window->host, window->bytes, WINDOW + 1);
    *window = (wm_window){.fd = -1};
}

static ssize_t read_memory(wm_window *window, char *to, size_t room)
{
    size_t count = window->memory_left < room ? window->memory_left : room;
    if (count != 0)
        memcpy(to, window->memory, count);
    window->memory += count;
    window->memory_left -= count;
    return (ssize_t)count;
}

/* A file that is cut off or spoilt tells it once, together with the bytes before
 * that place: they are given first, and the next call fails. */
static ssize_t read_gzip(wm_window *window, char *to, size_t room)
{
    if (!window->gzip_bad) {
        CPLErrorReset();
        CPLPushErrorHandler(CPLQuietErrorHandler);
        size_t count = VSIFReadL(to, 1, room, window->gzip);
        CPLPopErrorHandler();
        window->gzip_bad = CPLGetLastErrorType() >= CE_Failure;
        if (count != 0 || !window->gzip_bad)
            return (ssize_t)count;
    }
    errno = EIO;
    return -1;
}

wanmi_status wm_window_fill(wm_window *window, wanmi_error *error)
{
    size_t unread = window->end - window->start;
    if (window->start != 0)
        memmove(window->bytes, window->bytes + window->start, unread);
    window->start = 0;
    window->end = unread;
    if (window->ended)
        return WANMI_OK;
    char *to = window->bytes + unread;
    ssize_t count = window->gzip != NULL ? read_gzip(window, to, WINDOW - unread)
                    : window->fd >= 0    ? read(window->fd, to, WINDOW - unread)
                                         : read_memory(window, to, WINDOW - unread);
    if (count < 0 && errno == EINTR)
        return WANMI_AGAIN;
    if (count < 0) {
        wm_place place = {.file = window->name};
        return wm_error_at(error, WANMI_E_SYSTEM, &place, "cannot be read: %s",
                           window->gzip_bad ? "the gzip file is cut off or spoilt" : strerror(errno));
    }
    window->end += (size_t)count;
    window->ended = count == 0;
    return WANMI_OK;
}

/* Length of the character of more than one byte at `at`, or 0 where it is not UTF-8. */
static size_t character(const unsigned char *at, size_t left)
{
    unsigned lead = at[0];
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    /* Forms that are too long, surrogates, and beyond U+10FFFF. */
    if ((lead == 0xE0 && at[1] < 0xA0) || (lead == 0xED && at[1] > 0x9F) ||
        (lead == 0xF0 && at[1] < 0x90) || (lead == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

bool wm_text_valid(const char *text, size_t length)
{
    const unsigned char *at = (const unsigned char *)text, *end = at + length;
    const uint64_t high = UINT64_C(0x8080808080808080), one = UINT64_C(0x0101010101010101);
    while (at < end) {
        uint64_t eight;
        if (end - at >= 8) {
            memcpy(&eight, at, 8);
            if (((eight | (eight - one)) & high) == 0) { /* all from 0x01 to 0x7F */
                at += 8;
                continue;
            }
        }
        size_t step = at[0] == 0 ? 0 : at[0] < 0x80 ? 1 : character(at, (size_t)(end - at));
        if (step == 0)
            return false;
        at += step;
    }
    return true;
}
