/* The check's page: one HTML file with its data, its drawing and its looks in it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* What a browser draws without delay. */
enum { FINDINGS_MAX = 5000, OUTLINE_POINTS_MAX = 250000, DETAIL_POINTS_MAX = 250000 };

typedef struct page {
    const cli_checked *checked;
    json_t *data;
    cli_drawing outline;
    cli_drawing detail;
    double min_x, min_y, max_x, max_y;
} page;

static void add_to_box(page *p, double x, double y)
{
    p->min_x = fmin(p->min_x, x);
    p->min_y = fmin(p->min_y, y);
    p->max_x = fmax(p->max_x, x);
    p->max_y = fmax(p->max_y, y);
}

/* Everything that is drawn: areas, and the places of findings. */
static void find_box(page *p)
{
    const cli_findings *f = &p->checked->findings;
    p->min_x = p->min_y = INFINITY;
    p->max_x = p->max_y = -INFINITY;
    for (uint32_t i = 0; i < wanmi_map_area_count(p->checked->map); i++) {
        wanmi_area_info info;
        if (wanmi_map_area(p->checked->map, i, &info) != WANMI_OK)
            continue;
        add_to_box(p, info.min_x, info.min_y);
        add_to_box(p, info.max_x, info.max_y);
    }
    for (size_t i = 0; i < f->count && i < FINDINGS_MAX; i++)
        if (isfinite(f->list[i].x) && isfinite(f->list[i].y))
            add_to_box(p, f->list[i].x, f->list[i].y);
    if (!isfinite(p->min_x) || !isfinite(p->min_y)) {
        p->min_x = p->min_y = 0;
        p->max_x = p->max_y = 1;
    }
}

/* Layers from the coarsest down, until the budget is used up. */
static json_t *draw_layers(page *p)
{
    const wanmi_map *map = p->checked->map;
    uint32_t layers = wanmi_map_layer_count(map);
    json_t *list = json_array();
    for (int32_t level = 1000; level >= 0; level--) {
        for (uint32_t i = 0; i < layers; i++) {
            wanmi_layer_info info;
            if (wanmi_map_layer(map, i, &info) != WANMI_OK || info.level != level)
                continue;
            json_t *layer = json_object(), *areas = json_array();
            for (uint32_t a = 0; a < info.area_count && p->outline.points < OUTLINE_POINTS_MAX; a++)
                json_array_append_new(areas, cli_draw_area(&p->outline, map, info.first_area + a));
            json_object_set_new(layer, "name", json_string(info.name));
            json_object_set_new(layer, "areas", areas);
            json_array_append_new(list, layer);
        }
    }
    return list;
}

/* As finely as the budget lets all of it be drawn, from 0.1 m on. */
static json_t *outline_json(page *p, double coarsest)
{
    for (p->outline.tolerance = 0.1;; p->outline.tolerance *= 3) {
        p->outline.points = 0;
        json_t *list = draw_layers(p);
        if (p->outline.points < OUTLINE_POINTS_MAX || p->outline.tolerance > coarsest)
            return list;
        json_decref(list);
    }
}

/* Areas that findings name, with every point: zoomed in, the outline is too coarse. */
static void add_area(page *p, json_t *areas, const cli_finding *f, const char *code)
{
    const wanmi_map *map = p->checked->map;
    char key[160];
    uint32_t layer = wanmi_map_find_layer(map, f->layer);
    if (code[0] == '\0' || layer == WANMI_NONE || p->detail.points > DETAIL_POINTS_MAX)
        return;
    uint32_t area = wanmi_map_find_area(map, layer, code, WANMI_TIME_NONE);
    snprintf(key, sizeof key, "%s/%s", f->layer, code);
    if (area != WANMI_NONE && json_object_get(areas, key) == NULL)
        json_object_set_new(areas, key, cli_draw_area(&p->detail, map, area));
}

static void add_findings(page *p)
{
    const cli_findings *f = &p->checked->findings;
    json_t *list = json_object_get(p->data, "findings"), *areas = json_object();
    while (json_array_size(list) > FINDINGS_MAX)
        json_array_remove(list, json_array_size(list) - 1);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const cli_finding *finding = &f->list[i];
        json_t *to = json_array_get(list, i), *shape = NULL;
        if (finding->wkb != NULL && p->detail.points < DETAIL_POINTS_MAX)
            shape = cli_draw_wkb(&p->detail, finding->wkb, finding->wkb_size);
        if (shape != NULL)
            json_object_set_new(to, "shape", shape);
        if (isfinite(finding->x)) {
            json_object_set_new(to, "x", json_real(finding->x - p->min_x));
            json_object_set_new(to, "y", json_real(finding->y - p->min_y));
        }
        add_area(p, areas, finding, finding->code);
        add_area(p, areas, finding, finding->other);
    }
    json_object_set_new(p->data, "areas", areas);
    json_object_set_new(p->data, "found", json_integer((json_int_t)f->count));
}

static json_t *page_json(const cli_checked *checked)
{
    page p = {.checked = checked, .data = cli_checked_json(checked)};
    find_box(&p);
    double extent = fmax(p.max_x - p.min_x, p.max_y - p.min_y);
    p.outline = (cli_drawing){.origin_x = p.min_x, .origin_y = p.min_y, .step = 0.1};
    p.detail = (cli_drawing){.origin_x = p.min_x, .origin_y = p.min_y, .step = 0.0001};
    add_findings(&p);
    json_object_set_new(p.data, "outline", outline_json(&p, extent / 1000));
    json_object_set_new(p.data, "outline_step_m", json_real(p.outline.tolerance));
    json_t *box = json_pack("[ffff]", 0.0, 0.0, p.max_x - p.min_x, p.max_y - p.min_y);
    json_object_set_new(p.data, "box", box);
    json_object_set_new(p.data, "version", json_string(wanmi_version()));
    return p.data;
}

/* In a page "<" begins a tag also inside data: it is written as \u003c. */
static bool put_data(const char *text, FILE *file)
{
    for (;;) {
        size_t length = strcspn(text, "<");
        if (fwrite(text, 1, length, file) != length)
            return false;
        if (text[length] == '\0')
            return true;
        if (fputs("\\u003c", file) == EOF)
            return false;
        text += length + 1;
    }
}

int cli_page_write(const char *path, const cli_checked *checked)
{
    static const char mark[] = "@DATA@";
    json_t *data = page_json(checked);
    char *text = json_dumps(data, JSON_COMPACT | JSON_REAL_PRECISION(12));
    const char *at = strstr(cli_page_html, mark);
    FILE *file = fopen(path, "w");
    json_decref(data);
    if (text == NULL || file == NULL) {
        cli_say("%s: cannot be created: %s", path, strerror(errno));
        free(text);
        return CLI_UNUSABLE;
    }
    size_t before = (size_t)(at - cli_page_html);
    bool good = fwrite(cli_page_html, 1, before, file) == before && put_data(text, file) &&
                fputs(at + strlen(mark), file) != EOF;
    good = fclose(file) == 0 && good;
    free(text);
    if (!good)
        cli_say("%s: cannot be written: %s", path, strerror(errno));
    return good ? -1 : CLI_UNUSABLE;
}
