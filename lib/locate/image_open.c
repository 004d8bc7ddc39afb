/* Opening an image, whatever the file holds: see image.h.
 *
 * The head and the rows are read, not mapped, so that what is checked is what is
 * used. Every table's place and size is checked against the file's before the
 * file is mapped; what the tables hold is checked by image_check.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "image.h"

/* An image while it is opened. */
typedef struct opening {
    const wanmi_map *map;
    const char *path;
    int file;
    uint64_t size;                  /* as the system gives it */
    uint64_t points;                /* of the map's coordinates */
    struct {
        wm_image_head head;
        wm_image_row rows[WM_TABLES_MAX];
    } top;
    wm_image *image;
    wanmi_error *error;
} opening;

wanmi_status wm_image_refuse(const char *path, wanmi_error *error, const char *format, ...)
{
    char words[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    const wm_place place = {.file = path};
    return wm_error_at(error, WANMI_E_LOCATE_IMAGE, &place, "the index image is refused: %s", words);
}

static wanmi_status system_failed(const opening *o, const char *words)
{
    const wm_place place = {.file = o->path};
    return wm_error_at(o->error, errno == ENOENT || errno == ENOTDIR ? WANMI_E_LOCATE_NO_IMAGE : WANMI_E_SYSTEM,
                       &place, "%s: %s", words, strerror(errno));
}

static wanmi_status read_at(const opening *o, void *to, uint64_t size, uint64_t place)
{
    char *at = to;
    while (size > 0) {
        ssize_t got = pread(o->file, at, size < (1u << 30) ? (size_t)size : 1u << 30, (off_t)place);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return system_failed(o, "the index image cannot be read");
        if (got == 0)
            return wm_image_refuse(o->path, o->error, "it is truncated: it ends at byte %llu",
                                   (unsigned long long)place);
        at += got;
        place += (uint64_t)got;
        size -= (uint64_t)got;
    }
    return WANMI_OK;
}

static wanmi_status open_file(opening *o)
{
    struct stat there;
    /* Not blocking, so that a pipe of that name is refused and not waited for. */
    o->file = open(o->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (o->file < 0)
        return system_failed(o, "there is no index image");
    if (fstat(o->file, &there) != 0)
        return system_failed(o, "the index image cannot be read");
    if (!S_ISREG(there.st_mode))
        return wm_image_refuse(o->path, o->error, "it is no file");
    o->size = (uint64_t)there.st_size;
    return WANMI_OK;
}

/* ---- head and rows --------------------------------------------------------------------- */

static wanmi_status check_kind(const opening *o)
{
    const wm_image_head *head = &o->top.head;
    if (memcmp(head->magic, WM_IMAGE_MAGIC, sizeof head->magic) != 0)
        return wm_image_refuse(o->path, o->error, "it is no image of an index");
    if (head->byte_order == __builtin_bswap32(WM_IMAGE_BYTE_ORDER))
        return wm_image_refuse(o->path, o->error, "it was made on a machine of the other byte order");
    if (head->byte_order != WM_IMAGE_BYTE_ORDER)
        return wm_image_refuse(o->path, o->error, "its head is altered");
    if (head->format != WM_IMAGE_FORMAT)
        return wm_image_refuse(o->path, o->error, "it has format %u, and this version of wanmi reads format %u",
                               head->format, WM_IMAGE_FORMAT);
    return WANMI_OK;
}

static wanmi_status read_head(opening *o)
{
    wm_image_head *head = &o->top.head;
    if (o->size < sizeof *head)
        return wm_image_refuse(o->path, o->error, "it is truncated: %llu bytes are less than its head",
                               (unsigned long long)o->size);
    wanmi_status status = read_at(o, head, sizeof *head, 0);
    if (status == WANMI_OK)
        status = check_kind(o);
    if (status != WANMI_OK)
        return status;
    if (head->table_count > WM_TABLES_MAX)
        return wm_image_refuse(o->path, o->error, "its head is altered");
    uint64_t rows = head->table_count * sizeof *o->top.rows;
    if (o->size < sizeof *head + rows)
        return wm_image_refuse(o->path, o->error, "it is truncated: %llu bytes are less than its head",
                               (unsigned long long)o->size);
    status = read_at(o, o->top.rows, rows, sizeof *head);
    if (status != WANMI_OK)
        return status;
    uint64_t stated = head->checksum;
    head->checksum = 0;
    if (wm_image_checksum(&o->top, sizeof *head + rows) != stated)
        return wm_image_refuse(o->path, o->error, "its head is altered");
    if (head->file_size != o->size)
        return wm_image_refuse(o->path, o->error, "it is %s: it has %llu bytes of %llu",
                               o->size < head->file_size ? "truncated" : "longer than it was",
                               (unsigned long long)o->size, (unsigned long long)head->file_size);
    return WANMI_OK;
}

/* A text of the file, which may hold anything, for a message. */
static const char *shown(const char *text, size_t size, char *out)
{
    size_t length = strnlen(text, size - 1);
    for (size_t i = 0; i < length; i++)
        out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    out[length] = '\0';
    return out;
}

static wanmi_status check_key(opening *o)
{
    const wm_image_key *its = &o->top.head.key;
    wm_image_key ours;
    char text[sizeof its->versions];
    wm_image_key_of(o->map, &ours);
    if (memcmp(its->versions, ours.versions, sizeof ours.versions) != 0)
        return wm_image_refuse(o->path, o->error, "it was made by %s, and this is %s",
                               shown(its->versions, sizeof its->versions, text), ours.versions);
    if (memcmp(its->uuid, ours.uuid, sizeof ours.uuid) != 0)
        return wm_image_refuse(o->path, o->error, "it is of another map, %s, and this one is %s",
                               shown(its->uuid, sizeof its->uuid, text), ours.uuid);
    if (its->generation != ours.generation)
        return wm_image_refuse(o->path, o->error, "it is of generation %u of this map, and this is generation %u",
                               its->generation, ours.generation);
    if (its->fingerprint != wm_image_fingerprint(o->map, &o->points))
        return wm_image_refuse(o->path, o->error,
                               "it is of another map of the same uuid and generation: layers, areas, CRS or snap_m differ");
    return WANMI_OK;
}

/* Each table right behind the one before it, and the file's end behind the last. */
static wanmi_status check_rows(const opening *o)
{
    const wm_image_head *head = &o->top.head;
    uint64_t place = wm_image_align(sizeof *head + head->table_count * sizeof *o->top.rows);
    for (uint32_t i = 0; i < head->table_count; i++) {
        const wm_image_row *row = &o->top.rows[i];
        if (row->place != place || place > o->size || row->item_size == 0 ||
            row->count > (o->size - place) / row->item_size)
            return wm_image_refuse(o->path, o->error, "table '%s' lies outside the file", wm_table_name(row->id));
        place = wm_image_align(place + row->count * row->item_size);
    }
    if (place != o->size)
        return wm_image_refuse(o->path, o->error, "its tables do not fill the file");
    return WANMI_OK;
}

/* ---- tables ------------------------------------------------------------------------------ */

static wanmi_status map_tables(const opening *o)
{
    wm_image *image = o->image;
    void *bytes = mmap(NULL, (size_t)o->size, PROT_READ, MAP_PRIVATE, o->file, 0);
    if (bytes == MAP_FAILED)
        return system_failed(o, "the index image cannot be mapped");
    image->mapped = bytes;
    image->mapped_size = (size_t)o->size;
    for (uint32_t i = 0; i < image->tables.count; i++)
        image->tables.list[i].items = (const char *)bytes + o->top.rows[i].place;
    return WANMI_OK;
}

static wanmi_status copy_tables(const opening *o)
{
    wm_image *image = o->image;
    for (uint32_t i = 0; i < image->tables.count; i++) {
        wm_table *table = &image->tables.list[i];
        uint64_t size = table->count * table->item_size;
        void *block = wm_alloc_aligned(image->host, (size_t)size, WM_IMAGE_ALIGNMENT);
        if (block == NULL)
            return wm_error_memory(o->error);
        table->items = block;
        wanmi_status status = read_at(o, block, size, o->top.rows[i].place);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static wanmi_status verify_tables(const opening *o)
{
    for (uint32_t i = 0; i < o->image->tables.count; i++) {
        const wm_table *table = &o->image->tables.list[i];
        if (wm_image_checksum(table->items, table->count * table->item_size) != o->top.rows[i].checksum)
            return wm_image_refuse(o->path, o->error, "table '%s' is altered: its checksum is another",
                                   wm_table_name(table->id));
    }
    return WANMI_OK;
}

static wanmi_status take_tables(opening *o, const wanmi_index_options *options)
{
    const wanmi_host *host = wanmi_map_host(o->map);
    o->image = wm_alloc_zero(host, sizeof *o->image);
    if (o->image == NULL)
        return wm_error_memory(o->error);
    o->image->host = host;
    o->image->path = o->path;
    o->image->points = o->points;
    wm_tables *tables = &o->image->tables;
    for (tables->count = 0; tables->count < o->top.head.table_count; tables->count++) {
        const wm_image_row *row = &o->top.rows[tables->count];
        tables->list[tables->count] = (wm_table){row->id, row->part, row->item_size, row->count, NULL};
    }
    wanmi_status status = options->copy_image ? copy_tables(o) : map_tables(o);
    return status == WANMI_OK && options->verify_image ? verify_tables(o) : status;
}

wanmi_status wm_image_open(const wanmi_map *map, const char *path, const wanmi_index_options *options,
                           wm_image **image, wanmi_error *error)
{
    opening o = {.map = map, .path = path, .error = error};
    wanmi_status status = open_file(&o);
    if (status == WANMI_OK)
        status = read_head(&o);
    if (status == WANMI_OK)
        status = check_rows(&o);
    if (status == WANMI_OK)
        status = check_key(&o);
    if (status == WANMI_OK)
        status = take_tables(&o, options);
    if (o.file >= 0)
        close(o.file);
    if (status != WANMI_OK) {
        wm_image_close(o.image);
        return status;
    }
    *image = o.image;
    return WANMI_OK;
}

void wm_image_close(wm_image *image)
{
    if (image == NULL)
        return;
    for (uint32_t i = 0; image->mapped == NULL && i < image->tables.count; i++) {
        const wm_table *table = &image->tables.list[i];
        wm_free_aligned(image->host, (void *)table->items, (size_t)(table->count * table->item_size),
                        WM_IMAGE_ALIGNMENT);
    }
    if (image->mapped != NULL)
        munmap(image->mapped, image->mapped_size);
    wm_free(image->host, image, sizeof *image);
}

uint64_t wm_image_bytes(const wm_image *image)
{
    uint64_t bytes = sizeof *image;
    for (uint32_t i = 0; image->mapped == NULL && i < image->tables.count; i++)
        bytes += image->tables.list[i].count * image->tables.list[i].item_size;
    return bytes;
}

const wm_table *wm_image_find(const wm_image *image, uint32_t id, uint32_t part, size_t item_size)
{
    for (uint32_t i = 0; i < image->tables.count; i++) {
        const wm_table *table = &image->tables.list[i];
        if (table->id == id && table->part == part)
            return table->item_size == item_size ? table : NULL;
    }
    return NULL;
}
