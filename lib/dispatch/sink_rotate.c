/* The file sink's file on the disk: see sink_file.h. */
#include "sink_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool failed(wm_file *f, const char *what)
{
    f->what = what;
    f->problem = errno;
    return false;
}

static int64_t period_of(const wm_file *f, int64_t now_us)
{
    int64_t length = f->options->rotate_us, shifted;
    if (length == 0 || __builtin_add_overflow(now_us, f->options->rotate_shift_us, &shifted))
        return 0;
    return shifted / length - (shifted % length < 0);
}

/* ---- the disk ----------------------------------------------------------------------- */

bool wm_file_sync(wm_file *f)
{
    int status;
    do
        status = fdatasync(f->descriptor);
    while (status != 0 && errno == EINTR);
    if (status != 0)
        return failed(f, "cannot be brought to the disk");
    f->synced = f->size;
    return true;
}

/* A name that is new or gone is on the disk only when its folder is. */
static void sync_folder(const wm_file *f)
{
    if (f->options->sync == WANMI_SYNC_NEVER)
        return;
    int folder = open(f->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return;
    fsync(folder);
    close(folder);
}

static bool cut(wm_file *f, uint64_t size)
{
    int status;
    do
        status = ftruncate(f->descriptor, (off_t)size);
    while (status != 0 && errno == EINTR);
    if (status == 0)
        f->size = size;
    return status == 0;
}

void wm_file_cut_unsynced(wm_file *f)
{
    if (f->synced < f->size)
        cut(f, f->synced);
}

static size_t write_all(wm_file *f, const char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t wrote = write(f->descriptor, bytes + done, size - done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote == 0 || errno != EINTR) {
            errno = wrote == 0 ? ENOSPC : errno;
            failed(f, "cannot be written");
            break;
        }
    }
    f->size += done;
    return done;
}

size_t wm_file_append(wm_file *f, const char *bytes, const size_t *ends, size_t count)
{
    if (f->torn && write_all(f, "\n", 1) != 1)
        return 0;
    f->torn = false;
    uint64_t before = f->size;
    size_t size = count != 0 ? ends[count - 1] : 0, whole = 0;
    size_t done = write_all(f, bytes, size);
    if (done == size)
        return size;
    for (size_t i = 0; i < count && ends[i] <= done; i++)
        whole = ends[i];
    f->torn = done != whole && !cut(f, before + whole);
    return whole;
}

/* ---- opening ------------------------------------------------------------------------- */

void wm_file_close(wm_file *f)
{
    if (f->descriptor >= 0)
        close(f->descriptor);
    f->descriptor = -1;
}

static bool see_end(wm_file *f, const struct stat *s)
{
    char last = '\n';
    f->size = (uint64_t)s->st_size;
    if (s->st_size > 0 && pread(f->descriptor, &last, 1, s->st_size - 1) != 1)
        return failed(f, "cannot be read");
    f->torn = last != '\n';
    return true;
}

/* Takes over what is in a file that was there before. */
static bool take_over(wm_file *f)
{
    struct stat s;
    if (fstat(f->descriptor, &s) != 0)
        return failed(f, "cannot be looked at");
    errno = EINVAL;
    if (!S_ISREG(s.st_mode))
        return failed(f, "is no file");
    if (flock(f->descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
        return failed(f, "is written by another");
    if (!see_end(f, &s))
        return false;
    f->device = s.st_dev;
    f->number = s.st_ino;
    f->synced = f->size;
    f->period = period_of(f, s.st_mtim.tv_sec * (int64_t)1000000 + s.st_mtim.tv_nsec / 1000);
    return true;
}

static bool open_it(wm_file *f)
{
    /* For reading too, to see how it ends; a pipe must not make this wait. */
    f->descriptor = open(f->options->path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK,
                         (mode_t)f->options->mode);
    if (f->descriptor < 0)
        return failed(f, "cannot be opened");
    if (take_over(f))
        return true;
    wm_file_close(f);
    return false;
}

/* Whether the path still leads to this file; others may have moved or shortened it. */
static bool is_still_it(wm_file *f)
{
    struct stat s;
    if (stat(f->options->path, &s) != 0 || s.st_dev != f->device || s.st_ino != f->number)
        return false;
    if ((uint64_t)s.st_size != f->size && !see_end(f, &s))
        return false;
    f->synced = f->synced < f->size ? f->synced : f->size;
    return true;
}

bool wm_file_ready(wm_file *f, int64_t now_us, bool *rotated)
{
    f->rotation_failed = false;
    if (f->descriptor >= 0 && !is_still_it(f)) {
        if (f->options->sync != WANMI_SYNC_NEVER)
            wm_file_sync(f);
        wm_file_close(f);
    }
    if (f->descriptor < 0) {
        if (!open_it(f))
            return false;
        sync_folder(f);
    }
    int64_t period = period_of(f, now_us);
    if (f->size != 0 && period > f->period) {
        if (!wm_file_rotate(f))
            return false;
        *rotated = !f->rotation_failed;
    }
    if (f->size == 0)
        f->period = period;
    return true;
}

/* ---- rotating -------------------------------------------------------------------------- */

/* The number of a rotated file of this one by its name; 0: it is none. */
static uint64_t rotated_number(const wm_file *f, const char *name)
{
    size_t length = strlen(f->name);
    if (strncmp(name, f->name, length) != 0 || name[length] != '.')
        return 0;
    const char *digits = name + length + 1;
    size_t count = strspn(digits, "0123456789");
    if (count < 6 || count > 18 || digits[count] != '\0')
        return 0;
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++)
        number = number * 10 + (uint64_t)(digits[i] - '0');
    return number;
}

/* The newest number there is; removes those up to `remove_upto`. */
static bool look_through(wm_file *f, uint64_t *newest, uint64_t remove_upto)
{
    DIR *folder = opendir(f->folder);
    if (folder == NULL)
        return failed(f, "is in a folder that cannot be read");
    *newest = 0;
    for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
        uint64_t number = rotated_number(f, e->d_name);
        if (number != 0 && number <= remove_upto)
            unlinkat(dirfd(folder), e->d_name, 0);
        *newest = number > *newest ? number : *newest;
    }
    closedir(folder);
    return true;
}

static bool rename_it(wm_file *f, uint64_t number)
{
    char to[4096];
    int length = snprintf(to, sizeof to, "%s.%06llu", f->options->path, (unsigned long long)number);
    if (length < 0 || (size_t)length >= sizeof to) {
        errno = ENAMETOOLONG;
        return failed(f, "cannot be renamed");
    }
    return rename(f->options->path, to) == 0 || failed(f, "cannot be renamed");
}

bool wm_file_rotate(wm_file *f)
{
    uint64_t newest, keep = f->options->keep;
    int64_t period = f->period;
    if (f->options->sync != WANMI_SYNC_NEVER && f->synced != f->size && !wm_file_sync(f)
        && f->options->sync == WANMI_SYNC_BATCH)
        return false;
    if (!look_through(f, &newest, 0) || !rename_it(f, newest + 1)) {
        f->rotation_failed = true;
        return true;
    }
    wm_file_close(f);
    if (keep != 0 && newest + 1 > keep)
        look_through(f, &newest, newest + 1 - keep);
    if (!open_it(f))
        return false;
    f->period = period;                 /* the host's clock, not the file's */
    sync_folder(f);
    return true;
}
