/* A file that is changed whole: see replace.h. */
#include "replace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

static wanmi_status refuse(wanmi_error *error, wanmi_status status, const char *file, const char *words)
{
    const wm_place place = {.file = file};
    return wm_error_at(error, status, &place, "%s: %s", words, strerror(errno));
}

static char *joined(const wanmi_host *host, const char *a, const char *b)
{
    size_t size = strlen(a) + strlen(b) + 1;
    char *text = wm_alloc(host, size);
    if (text != NULL)
        snprintf(text, size, "%s%s", a, b);
    return text;
}

/* The file behind the links, or the path itself where there is none yet. */
static char *resolved(const wanmi_host *host, const char *path)
{
    char *real = realpath(path, NULL);
    char *text = wm_text_copy(host, real != NULL ? real : path);
    free(real);
    return text;
}

wanmi_status wm_replace_allowed(const char *path, wanmi_error *error)
{
    struct stat there;
    const wm_place place = {.file = path};
    if (stat(path, &there) != 0 || S_ISREG(there.st_mode))
        return WANMI_OK;
    return wm_error_at(error, WANMI_E_IO_WRITE, &place, "cannot be replaced: %s",
                       S_ISDIR(there.st_mode) ? "it is a folder" : "it is a device or a pipe, not a file");
}

/* SQLite would apply such a file to the new map, which it does not belong to. */
static wanmi_status check_companions(const wm_replace *replace, wanmi_error *error)
{
    static const char *const endings[] = {"-wal", "-journal"};
    for (size_t i = 0; i < 2; i++) {
        char *name = joined(replace->host, replace->target, endings[i]);
        if (name == NULL)
            return wm_error_memory(error);
        struct stat there;
        bool busy = stat(name, &there) == 0 && there.st_size > 0;
        wm_text_free(replace->host, name);
        const wm_place place = {.file = replace->path};
        if (busy)
            return wm_error_at(error, WANMI_E_IO_WRITE, &place,
                               "open in another program, or left half written by one: a file "
                               "ending in %s lies beside it; close that program", endings[i]);
    }
    return WANMI_OK;
}

static wanmi_status copy_bytes(int from, int to, const char *path, wanmi_error *error)
{
    char block[65536];
    for (;;) {
        ssize_t got = read(from, block, sizeof block);
        if (got == 0)
            return WANMI_OK;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refuse(error, WANMI_E_IO_OPEN, path, "cannot be read");
        for (ssize_t done = 0; done < got;) {
            ssize_t put = write(to, block + done, (size_t)(got - done));
            if (put < 0 && errno == EINTR)
                continue;
            if (put < 0)
                return refuse(error, WANMI_E_IO_WRITE, path, "cannot be copied");
            done += put;
        }
    }
}

static wanmi_status copy_file(const wm_replace *replace, wanmi_error *error)
{
    int from = open(replace->target, O_RDONLY | O_CLOEXEC);
    if (from < 0)
        return refuse(error, WANMI_E_IO_OPEN, replace->path, "cannot be opened");
    int to = open(replace->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0) {
        wanmi_status status = refuse(error, WANMI_E_IO_WRITE, replace->path, "cannot be copied");
        close(from);
        return status;
    }
    wanmi_status status = copy_bytes(from, to, replace->path, error);
    close(from);
    if (close(to) != 0 && status == WANMI_OK)
        status = refuse(error, WANMI_E_IO_WRITE, replace->path, "cannot be copied");
    return status;
}

wanmi_status wm_replace_begin(wm_replace *replace, const char *path, bool copy,
                              const wanmi_host *host, wanmi_error *error)
{
    *replace = (wm_replace){.host = host, .path = path};
    replace->target = resolved(host, path);
    if (replace->target == NULL)
        return wm_error_memory(error);
    replace->existed = stat(replace->target, &replace->before) == 0;
    wanmi_status status = wm_replace_allowed(path, error);
    if (status == WANMI_OK)
        status = check_companions(replace, error);
    if (status != WANMI_OK)
        return status;
    char *folder = joined(host, replace->target, ".new-XXXXXX");
    if (folder == NULL)
        return wm_error_memory(error);
    if (mkdtemp(folder) == NULL) {
        status = refuse(error, WANMI_E_IO_WRITE, path, "nothing can be written beside it");
        wm_text_free(host, folder);
        return status;
    }
    replace->folder = folder;
    if ((replace->file = joined(host, folder, "/map.gpkg")) == NULL)
        return wm_error_memory(error);
    return copy ? copy_file(replace, error) : WANMI_OK;
}

static wanmi_status put_on_disk(const char *path, int flags, const wm_replace *replace,
                                wanmi_error *error)
{
    int file = open(path, flags | O_RDONLY | O_CLOEXEC);
    int failed = file < 0 || fsync(file) != 0;
    wanmi_status status = WANMI_OK;
    if (failed)
        status = refuse(error, WANMI_E_IO_WRITE, replace->path, "cannot be put on disk");
    if (file >= 0)
        close(file);
    return status;
}

static wanmi_status check_untouched(const wm_replace *replace, wanmi_error *error)
{
    struct stat now;
    const struct stat *was = &replace->before;
    bool there = stat(replace->target, &now) == 0;
    const wm_place place = {.file = replace->path};
    if (there == replace->existed &&
        (!there || (now.st_ino == was->st_ino && now.st_size == was->st_size &&
                    now.st_mtim.tv_sec == was->st_mtim.tv_sec &&
                    now.st_mtim.tv_nsec == was->st_mtim.tv_nsec)))
        return check_companions(replace, error);
    return wm_error_at(error, WANMI_E_IO_WRITE, &place,
                       "changed by somebody else meanwhile; nothing was written");
}

wanmi_status wm_replace_commit(wm_replace *replace, wanmi_error *error)
{
    wanmi_status status = put_on_disk(replace->file, 0, replace, error);
    if (status != WANMI_OK)
        return status;
    /* A new file has what the process's umask gave it. */
    if (replace->existed && chmod(replace->file, replace->before.st_mode & 07777) != 0)
        return refuse(error, WANMI_E_IO_WRITE, replace->path, "cannot be given its permissions");
    status = check_untouched(replace, error);
    if (status != WANMI_OK)
        return status;
    if (rename(replace->file, replace->target) != 0)
        return refuse(error, WANMI_E_IO_WRITE, replace->path, "cannot be replaced");
    /* The name itself is on disk once its folder is; the old map or the new one
     * is there in any case, so a failure here is none. */
    char *slash = strrchr(replace->target, '/');
    if (slash == NULL || slash == replace->target) {
        put_on_disk(slash == NULL ? "." : "/", O_DIRECTORY, replace, NULL);
    } else {
        *slash = '\0';
        put_on_disk(replace->target, O_DIRECTORY, replace, NULL);
        *slash = '/';
    }
    return WANMI_OK;
}

void wm_replace_end(wm_replace *replace)
{
    static const char *const endings[] = {"", "-journal", "-wal", "-shm"};
    if (replace->file != NULL) {
        for (size_t i = 0; i < 4; i++) {
            char name[4096];
            if ((size_t)snprintf(name, sizeof name, "%s%s", replace->file, endings[i]) < sizeof name)
                unlink(name);
        }
    }
    if (replace->folder != NULL)
        rmdir(replace->folder);
    wm_text_free(replace->host, replace->target);
    wm_text_free(replace->host, replace->folder);
    wm_text_free(replace->host, replace->file);
    *replace = (wm_replace){0};
}
