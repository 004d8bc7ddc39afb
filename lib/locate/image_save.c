/* Writing an image: whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "image.h"

enum { NAMES_TRIED = 100, ENDING = 32 };

typedef struct writer {
    const wanmi_host *host;
    const char *path;               /* as it was given, for messages */
    char *target;                   /* behind links */
    char *name;                     /* of the new file */
    size_t name_size;
    int file;                       /* -1: not open */
    bool made;                      /* there is a file of that name, to be removed */
    wanmi_error *error;
} writer;

static wanmi_status refuse(const writer *w, const char *words)
{
    const wm_place place = {.file = w->path};
    return wm_error_at(w->error, WANMI_E_SYSTEM, &place, "%s: %s", words, strerror(errno));
}

static wanmi_status put(const writer *w, const void *bytes, uint64_t size)
{
    const char *at = bytes;
    while (size > 0) {
        ssize_t done = write(w->file, at, size < (1u << 30) ? (size_t)size : 1u << 30);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return refuse(w, "the index image cannot be written");
        at += done;
        size -= (uint64_t)done;
    }
    return WANMI_OK;
}

/* Up to the next table's place. */
static wanmi_status pad(const writer *w, uint64_t end)
{
    static const char zeros[WM_IMAGE_ALIGNMENT];
    return put(w, zeros, wm_image_align(end) - end);
}

static void fill_rows(const wm_tables *tables, wm_image_head *head, wm_image_row *rows)
{
    uint64_t place = wm_image_align(sizeof *head + tables->count * sizeof *rows);
    for (uint32_t i = 0; i < tables->count; i++) {
        const wm_table *t = &tables->list[i];
        uint64_t size = t->count * t->item_size;
        rows[i] = (wm_image_row){t->id, t->part, t->item_size, 0, t->count, place,
                                 wm_image_checksum(t->items, size)};
        place = wm_image_align(place + size);
    }
    head->file_size = place;
}

static wanmi_status write_all(const writer *w, const wm_tables *tables, const wm_image_key *key)
{
    struct {
        wm_image_head head;
        wm_image_row rows[WM_TABLES_MAX];
    } top = {.head = {.magic = WM_IMAGE_MAGIC, .byte_order = WM_IMAGE_BYTE_ORDER,
                      .format = WM_IMAGE_FORMAT, .key = *key, .table_count = tables->count}};
    uint64_t size = sizeof top.head + tables->count * sizeof *top.rows;
    fill_rows(tables, &top.head, top.rows);
    top.head.checksum = wm_image_checksum(&top, size);
    wanmi_status status = put(w, &top, size);
    if (status == WANMI_OK)
        status = pad(w, size);
    for (uint32_t i = 0; i < tables->count && status == WANMI_OK; i++) {
        size = tables->list[i].count * tables->list[i].item_size;
        status = put(w, tables->list[i].items, size);
        if (status == WANMI_OK)
            status = pad(w, size);
    }
    return status;
}

/* The file behind the links, or the path itself where there is none yet. */
static wanmi_status find_target(writer *w)
{
    char *real = realpath(w->path, NULL);
    w->target = wm_text_copy(w->host, real != NULL ? real : w->path);
    free(real);
    return w->target != NULL ? WANMI_OK : wm_error_memory(w->error);
}

/* A fresh file beside the target, with the target's permissions or, where there is
 * no target, the process's. */
static wanmi_status open_beside(writer *w)
{
    struct stat there;
    bool existed = stat(w->target, &there) == 0;
    w->name_size = strlen(w->target) + ENDING;
    w->name = wm_alloc(w->host, w->name_size);
    if (w->name == NULL)
        return wm_error_memory(w->error);
    uint64_t number = (uint64_t)wm_steady_ns(w->host) ^ (uint64_t)getpid() << 32;
    for (int i = 0; i < NAMES_TRIED && w->file < 0; i++) {
        snprintf(w->name, w->name_size, "%s.new-%016llx", w->target, (unsigned long long)number++);
        w->file = open(w->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (w->file < 0 && errno != EEXIST)
            break;
    }
    w->made = w->file >= 0;
    if (!w->made || (existed && fchmod(w->file, there.st_mode & 0777) != 0))
        return refuse(w, "no index image can be written there");
    return WANMI_OK;
}

/* The name is on disk once its folder is; the old image or the new one is there
 * in any case, so a failure here is none. */
static void sync_folder(const writer *w)
{
    char *slash = strrchr(w->target, '/');
    if (slash != NULL && slash != w->target)
        *slash = '\0';
    int folder = open(slash == NULL ? "." : slash == w->target ? "/" : w->target,
                      O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (slash != NULL)
        *slash = '/';
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
}

static wanmi_status put_in_place(writer *w)
{
    bool on_disk = fsync(w->file) == 0;
    on_disk = close(w->file) == 0 && on_disk;
    w->file = -1;
    if (!on_disk)
        return refuse(w, "the index image cannot be put on disk");
    if (rename(w->name, w->target) != 0)
        return refuse(w, "the index image cannot be replaced");
    w->made = false;
    sync_folder(w);
    return WANMI_OK;
}

static void writer_drop(writer *w)
{
    if (w->file >= 0)
        close(w->file);
    if (w->made)
        unlink(w->name);
    wm_free(w->host, w->name, w->name_size);
    wm_text_free(w->host, w->target);
}

wanmi_status wanmi_index_save(const wanmi_index *index, const char *path, wanmi_error *error)
{
    if (index == NULL || path == NULL || path[0] == '\0')
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_index_save wants an index and a path");
    writer w = {.host = index->host, .path = path, .file = -1, .error = error};
    wm_tables tables = {.count = 0};
    wm_image_key key;
    wm_image_list(index, &tables);
    wm_image_key_of(index->map, &key);
    key.fingerprint = wm_image_fingerprint(index->map, NULL);
    wanmi_status status = find_target(&w);
    if (status == WANMI_OK)
        status = open_beside(&w);
    if (status == WANMI_OK)
        status = write_all(&w, &tables, &key);
    if (status == WANMI_OK)
        status = put_in_place(&w);
    writer_drop(&w);
    return status;
}
