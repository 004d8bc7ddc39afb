/* An index in a file: what its parts share. Internal to the room.
 *
 * The file (docs/index-image.md) is a head, a row for each table, and the tables.
 * This knows nothing of what the tables hold: image_tables.c does.
 *
 *   image_key.c      what an image belongs to: map, versions
 *   image_save.c     writing
 *   image_open.c     reading and mapping, whatever the file holds
 *   image_tables.c   which tables an index is written as and made of
 *   image_check.c    whether the tables lead nowhere but into each other
 */
#ifndef WM_LOCATE_IMAGE_H
#define WM_LOCATE_IMAGE_H

#include "image_tables.h"

enum {
    WM_IMAGE_FORMAT = 1,            /* of head, rows and tables: counted up with every change */
    WM_IMAGE_ALIGNMENT = 64,
    WM_TABLES_MAX = 2 * WANMI_LAYERS_MAX + 32
};

/* A text-mode copy, or one cut to seven bits, is seen at once. */
#define WM_IMAGE_MAGIC "\x89wanmi\r\n"
#define WM_IMAGE_BYTE_ORDER 0x01020304u

/* What an image belongs to. Texts are filled up with NULs. */
typedef struct wm_image_key {
    uint64_t fingerprint;           /* of all that an index is made from */
    uint32_t generation;
    char uuid[40];
    char versions[164];             /* of wanmi, PROJ and GEOS */
} wm_image_key;

typedef struct wm_image_head {
    char magic[8];
    uint32_t byte_order;
    uint32_t format;
    uint64_t checksum;              /* XXH3-64 of head and rows, with this field 0 */
    uint64_t file_size;
    wm_image_key key;
    uint32_t table_count;
    uint32_t reserved;
} wm_image_head;

/* Tables lie one behind the other in the order of their rows, each from the next
 * multiple of 64 on. */
typedef struct wm_image_row {
    uint32_t id;
    uint32_t part;                  /* which of several tables with this id */
    uint32_t item_size;
    uint32_t reserved;
    uint64_t count;
    uint64_t place;                 /* in the file */
    uint64_t checksum;              /* XXH3-64 of its items */
} wm_image_row;

_Static_assert(sizeof(wm_image_key) == 216 && sizeof(wm_image_head) == 256 && sizeof(wm_image_row) == 40,
               "docs/index-image.md gives these sizes");

typedef struct wm_table {
    uint32_t id, part, item_size;
    uint64_t count;
    const void *items;
} wm_table;

typedef struct wm_tables {
    wm_table list[WM_TABLES_MAX];
    uint32_t count;
    wm_image_plane plane;           /* while an index is written: what lies nowhere else in this form */
    wm_image_chart charts[WM_CHARTS];
} wm_tables;

/* An opened image: its tables, mapped or each in a block of its own. */
struct wm_image {
    const wanmi_host *host;
    const char *path;               /* the caller's: for messages while it is opened */
    void *mapped;                   /* NULL: the tables were copied */
    size_t mapped_size;
    uint64_t points;                /* of the map's coordinates */
    wm_tables tables;
};

/* Names a table in messages; image_tables.c. */
const char *wm_table_name(uint32_t id);

/* All but the fingerprint, which is a pass over the map's coordinates. */
void wm_image_key_of(const wanmi_map *map, wm_image_key *key);
/* `points`: how many the map's coordinates are; may be NULL. */
uint64_t wm_image_fingerprint(const wanmi_map *map, uint64_t *points);

/* Where the head and `count` rows end and the first table begins; the end of a
 * table. */
static inline uint64_t wm_image_align(uint64_t place)
{
    return (place + WM_IMAGE_ALIGNMENT - 1) / WM_IMAGE_ALIGNMENT * WM_IMAGE_ALIGNMENT;
}

uint64_t wm_image_checksum(const void *bytes, uint64_t size);

/* "FILE: the index image WORDS", with WANMI_E_LOCATE_IMAGE. */
wanmi_status wm_image_refuse(const char *path, wanmi_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Opens a file as the map's image, its rows checked and their tables at hand.
 * Errors: those of wanmi_index_open. */
wanmi_status wm_image_open(const wanmi_map *map, const char *path, const wanmi_index_options *options,
                           wm_image **image, wanmi_error *error);
void wm_image_close(wm_image *image);
uint64_t wm_image_bytes(const wm_image *image);     /* taken from the host */

/* The table of this id and part; NULL where there is none, or one of items of
 * another size. */
const wm_table *wm_image_find(const wm_image *image, uint32_t id, uint32_t part, size_t item_size);

/* What an index is written as. */
void wm_image_list(const wanmi_index *index, wm_tables *tables);
/* Makes the index of what the image holds, after checking it. The index has its
 * map and its layers' kinds; it takes the image over. */
wanmi_status wm_image_adopt(wanmi_index *index, wm_image *image, const wanmi_index_options *options,
                            wanmi_error *error);
/* Closes the image: what belongs to it is forgotten first, so that the index can
 * be freed as any other. */
void wm_image_let_go(wanmi_index *index);
/* What an index that was made of an image has taken from the host for it. */
uint64_t wm_image_adopted_bytes(const wanmi_index *index);

#endif
