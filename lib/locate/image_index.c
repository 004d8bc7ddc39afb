/* An index from a file: the part of locate.h about images. */
#include "base/error.h"
#include "image.h"

static wanmi_status take_options(wanmi_map *map, const char *path, const wanmi_index_options *options,
                                 wanmi_index **index, wanmi_index_options *taken, wanmi_error *error)
{
    wanmi_status status = wm_index_options_take(taken, options, error);
    if (status != WANMI_OK)
        return status;
    if (map == NULL || path == NULL || path[0] == '\0' || index == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "opening an index wants a map, a path and a place for the index");
    return WANMI_OK;
}

wanmi_status wanmi_index_open(wanmi_map *map, const char *path, const wanmi_index_options *options,
                              wanmi_index **index, wanmi_error *error)
{
    wanmi_index_options o;
    wm_image *image = NULL;
    wanmi_index *fresh = NULL;
    wanmi_status status = take_options(map, path, options, index, &o, error);
    if (status == WANMI_OK)
        status = wm_image_open(map, path, &o, &image, error);
    if (status != WANMI_OK)
        return status;
    status = wm_index_new(map, &fresh, error);
    if (status != WANMI_OK) {
        wm_image_close(image);
        return status;
    }
    status = wm_image_adopt(fresh, image, &o, error);
    if (status != WANMI_OK) {
        wanmi_index_release(fresh);
        return status;
    }
    image->path = NULL;             /* the caller's */
    *index = fresh;
    return WANMI_OK;
}

/* Why there is no image is for the log; what else went wrong would go wrong again. */
static bool is_refusal(wanmi_status status)
{
    return status == WANMI_E_LOCATE_IMAGE || status == WANMI_E_LOCATE_NO_IMAGE || status == WANMI_E_SYSTEM;
}

static wanmi_image_use save(const wanmi_index *index, const char *path)
{
    wanmi_error why;
    if (wanmi_index_save(index, path, &why) == WANMI_OK)
        return WANMI_IMAGE_SAVED;
    wm_log(index->host, WANMI_LOG_WARNING, "%s", why.message);
    return WANMI_IMAGE_UNSAVED;
}

wanmi_status wanmi_index_load(wanmi_map *map, const char *path, const wanmi_index_options *options,
                              wanmi_index **index, wanmi_image_use *use, wanmi_error *error)
{
    wanmi_index_options o;
    wanmi_error why;
    wanmi_image_use what = WANMI_IMAGE_OPENED;
    wanmi_status status = take_options(map, path, options, index, &o, error);
    if (status != WANMI_OK)
        return status;
    status = wanmi_index_open(map, path, &o, index, &why);
    if (is_refusal(status)) {
        if (status != WANMI_E_LOCATE_NO_IMAGE)
            wm_log(wanmi_map_host(map), WANMI_LOG_WARNING, "%s; the map is compiled", why.message);
        status = wanmi_index_create(map, &o, index, error);
        if (status == WANMI_OK)
            what = save(*index, path);
    } else if (status != WANMI_OK && error != NULL) {
        *error = why;
    }
    if (status == WANMI_OK && use != NULL)
        *use = what;
    return status;
}

uint64_t wanmi_index_image_bytes(const wanmi_index *index)
{
    return index->image != NULL ? index->image->mapped_size : 0;
}
