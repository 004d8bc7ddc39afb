/* Compiling: the plane is laid, the edges are sorted by rows, the rows of tiles are
 * made in parts, each by a thread of its own (sweep.c), and the parts are put together.
 *
 * A part labels places with the sets of areas that cover them. Here each different
 * set is looked at once, in the order of the parts: it becomes a tuple, or a cover set
 * where the answer hangs on the instant. So the index is the same however many threads
 * have made it, but for the places of its trees.
 */
#include <unistd.h>

#include "base/error.h"
#include "rules.h"
#include "sweep.h"
#include "wanmi/types.h"

enum { BLOCK_BITS_MIN = 4, BLOCK_BITS_MAX = 10, BLOCKS_WANTED = 1 << 18, PARTS_MAX = 8,
       EDGES_A_THREAD = 100000 };

/* The tiles of busy blocks are never more than this many an edge, and some for a map of
 * few edges: small areas far from one another would each pay for a whole block. */
enum { TILES_AN_EDGE_MOST = 128, TILES_ALWAYS = 1 << 16 };

typedef struct compiler {
    wanmi_index *index;
    const wanmi_host *host;
    wm_compiled *to;
    wm_row_edges edges;
    wm_part parts[PARTS_MAX];
    uint32_t part_count;
    atomic_bool stop;
    atomic_uint rows_done;
    const wanmi_index_options *options;
    uint32_t *words;                /* a tuple being written */
    size_t word_capacity;
} compiler;

/* ---- laying the plane -------------------------------------------------------------------- */

static bool lay_blocks(wm_compiled *to, const wanmi_host *host)
{
    uint64_t columns, rows;
    for (to->block_bits = BLOCK_BITS_MIN;; to->block_bits++) {
        uint32_t size = 1u << to->block_bits;
        columns = (to->plane.x.count + size - 1) / size;
        rows = (to->plane.y.count + size - 1) / size;
        if (columns * rows <= BLOCKS_WANTED || to->block_bits == BLOCK_BITS_MAX)
            break;
    }
    to->block_columns = (uint32_t)columns;
    to->block_rows = (uint32_t)rows;
    to->blocks = wm_alloc_zero(host, wm_product(columns * rows, sizeof *to->blocks));
    return to->blocks != NULL;
}

/* Numbers the blocks with tiles of their own. Tiles beyond the last column and row are
 * never asked for. */
static bool lay_tiles(wm_compiled *to, const wm_row_edges *edges, const wanmi_host *host)
{
    for (size_t i = 0; i < (size_t)to->block_columns * to->block_rows; i++)
        to->blocks[i] = edges->busy[i] != 0 ? to->block_count++ : WM_LABEL_NONE;
    size_t count = (size_t)to->block_count << (2 * to->block_bits);
    to->tiles_size = wm_product(count, sizeof *to->tiles);
    to->tiles = wm_alloc(host, to->tiles_size);
    for (size_t i = 0; to->tiles != NULL && i < count; i++)
        to->tiles[i] = WM_LABEL_NONE;
    return to->tiles != NULL;
}

static bool too_many_tiles(const compiler *c)
{
    const wm_compiled *to = c->to;
    size_t busy = 0;
    for (size_t i = 0; i < (size_t)to->block_columns * to->block_rows; i++)
        busy += c->edges.busy[i];
    return busy << (2 * to->block_bits) > TILES_ALWAYS + TILES_AN_EDGE_MOST * wm_edge_count(c->index);
}

static void take_up_blocks(compiler *c)
{
    wm_compiled *to = c->to;
    wm_row_edges_drop(&c->edges);
    wm_free(c->host, to->blocks, (size_t)to->block_columns * to->block_rows * sizeof *to->blocks);
    c->edges = (wm_row_edges){.index = c->index, .to = to};
    to->blocks = NULL;
    to->block_columns = to->block_rows = 0;
}

/* Ends: tiles twice as wide and high are fewer each time, and few are not too many. */
static bool lay_plane(compiler *c)
{
    wm_compiled *to = c->to;
    if (!wm_plane_choose(c->index, &to->plane))
        return false;
    for (;;) {
        wm_compiled_bound(to, c->index->snap_m);
        if (!lay_blocks(to, c->host) || !wm_row_edges_sort(&c->edges))
            return false;
        if (!too_many_tiles(c))
            return lay_tiles(to, &c->edges, c->host);
        take_up_blocks(c);
        wm_plane_coarsen(c->index, &to->plane);
    }
}

/* ---- parts and threads --------------------------------------------------------------------- */

static uint32_t count_parts(const compiler *c)
{
    size_t wanted = c->options->threads > 0 ? (size_t)c->options->threads : (size_t)PARTS_MAX;
    if (c->options->threads <= 0) {
        long processors = sysconf(_SC_NPROCESSORS_ONLN);
        size_t busy = c->edges.entry_count / EDGES_A_THREAD + 1;
        wanted = processors > 0 && (size_t)processors < wanted ? (size_t)processors : wanted;
        wanted = busy < wanted ? busy : wanted;
    }
    wanted = wanted < PARTS_MAX ? wanted : PARTS_MAX;
    return (uint32_t)(wanted < c->to->block_rows ? wanted : c->to->block_rows);
}

/* Rows of blocks with about as many edges in each part. */
static bool open_parts(compiler *c)
{
    const wm_row_edges *e = &c->edges;
    uint32_t wanted = count_parts(c), rows = c->to->plane.y.count, size = 1u << c->to->block_bits, row = 0;
    for (uint32_t n = 1; n <= wanted && row < rows; n++) {
        wm_part *part = &c->parts[c->part_count++];
        if (!wm_part_open(part, e, c->to, &c->index->geos_lock))
            return false;
        part->stop = &c->stop;
        part->rows_done = &c->rows_done;
        part->first_row = row;
        do
            row = rows - row > size ? row + size : rows;
        while (row < rows && (n == wanted || e->row_starts[row] < e->entry_count / wanted * n));
        part->end_row = row;
    }
    return true;
}

static int tell_progress(void *user)
{
    compiler *c = user;
    unsigned done = atomic_load_explicit(&c->rows_done, memory_order_relaxed);
    return c->options->on_progress(c->options->progress_user, done, c->to->plane.y.count);
}

static void *make_part(void *user)
{
    wm_part_make(user, NULL, NULL);
    return NULL;
}

/* The first part by the caller's thread, which also tells of progress; a part that gets
 * no thread is made afterwards. */
static wanmi_status make_parts(compiler *c)
{
    pthread_t threads[PARTS_MAX];
    bool has_thread[PARTS_MAX] = {false};
    wm_part_tick tick = c->options->on_progress != NULL ? tell_progress : NULL;
    for (uint32_t i = 1; i < c->part_count; i++)
        has_thread[i] = pthread_create(&threads[i], NULL, make_part, &c->parts[i]) == 0;
    for (uint32_t i = 0; i < c->part_count; i++)
        if (!has_thread[i])
            wm_part_make(&c->parts[i], tick, c);
    wanmi_status status = WANMI_OK;
    for (uint32_t i = 0; i < c->part_count; i++) {
        if (has_thread[i])
            pthread_join(threads[i], NULL);
        /* Who stopped because another failed says less than that other. */
        if (status == WANMI_OK || status == WANMI_E_CANCELLED)
            status = c->parts[i].status != WANMI_OK ? c->parts[i].status : status;
    }
    return status;
}

/* ---- labels -------------------------------------------------------------------------- */

static bool number_set(compiler *c, wm_list set, uint32_t *label)
{
    uint32_t number;
    if (!wm_lists_number(&c->to->sets, set, &number))
        return false;
    *label = number <= WM_LABEL_VALUE ? WM_LABEL | WM_LABEL_SET | number : WM_LABEL_NONE;
    return true;
}

/* The label of a set of areas. A tuple stands for its set only where it leaves none of
 * it out: points on walls are answered from the sets of several tiles, and settled points
 * look into them. */
static bool label_set(compiler *c, wm_list set, uint32_t *label)
{
    uint32_t layers = c->index->layer_count, number;
    if (wm_rules_timed(c->index, set.items, set.count))
        return number_set(c, set, label);
    if (!wm_reserve(c->host, (void **)&c->words, &c->word_capacity, layers + 1 + set.count,
                    sizeof *c->words))
        return false;
    uint32_t cell = wm_rules_apply(c->index, set.items, set.count, 0, c->words);
    if (c->words[layers] != set.count)
        return number_set(c, set, label);
    if (!wm_tuples_number(&c->to->tuples, c->words, &number))
        return false;
    *label = number <= WM_LABEL_VALUE ? WM_LABEL | number : WM_LABEL_NONE;
    if (cell == WANMI_NONE && c->index->snap_m == 0 && number <= WM_LABEL_VALUE)
        *label |= WM_LABEL_FAR;
    return true;
}

/* `far` counts only for a tuple without a cell. */
static uint32_t relabel(const wm_tuples *tuples, const uint32_t *labels, uint32_t old)
{
    if (old == WM_LABEL_NONE)
        return old;
    uint32_t label = labels[old & WM_LABEL_VALUE];
    bool tuple = label != WM_LABEL_NONE && (label & WM_LABEL_SET) == 0;
    if ((old & WM_LABEL_FAR) != 0 && tuple && wm_tuples_cell(tuples, label & WM_LABEL_VALUE) == WANMI_NONE)
        label |= WM_LABEL_FAR;
    return label;
}

/* ---- putting the parts together -------------------------------------------------------------- */

/* Where a part's own arrays come to stand. */
typedef struct merge {
    wm_compiled *to;
    const uint32_t *labels;         /* by the part's sets */
    uint32_t pairs;                 /* of words in `trees`, before the part's */
    uint32_t records;
} merge;

static uint32_t merge_word(const merge *m, uint32_t word)
{
    if ((word & WM_LABEL) != 0)
        return relabel(&m->to->tuples, m->labels, word);
    word += m->pairs;
    uint32_t *tree = m->to->trees + 2 * (size_t)word, labels = 0;
    tree[-WM_TREE_RECORD] += m->records;
    for (uint32_t i = 0; i < tree[-WM_TREE_CUTS]; i++) {
        wm_cut cut = wm_tree_cut(tree, i);
        for (int side = 0; side < 2; side++) {
            uint32_t code = wm_cut_next(cut, side != 0), number = code & ~WM_CUT_LABEL;
            if ((code & WM_CUT_LABEL) != 0 && number >= labels)
                labels = number + 1;
        }
    }
    for (uint32_t i = 0; i < labels; i++) {
        uint32_t *label = &tree[-WM_TREE_LABELS - (ptrdiff_t)i];
        *label = relabel(&m->to->tuples, m->labels, *label);
    }
    return word;
}

static void merge_words(const merge *m, const wm_part *part)
{
    wm_compiled *to = m->to;
    uint32_t bits = to->block_bits, end = (part->end_row + (1u << bits) - 1) >> bits;
    size_t tiles = (size_t)1 << (2 * bits);
    for (size_t i = (size_t)(part->first_row >> bits) * to->block_columns;
         i < (size_t)end * to->block_columns; i++) {
        uint32_t word = to->blocks[i];
        if ((word & WM_LABEL) != 0)
            to->blocks[i] = merge_word(m, word);
        else
            for (size_t t = word * tiles; t < (word + 1) * tiles; t++)
                to->tiles[t] = merge_word(m, to->tiles[t]);
    }
}

/* The first part's array is taken as it is, and made long enough for all; the others'
 * are copied behind it. */
static bool append(const wanmi_host *host, uint32_t **to, size_t *count, size_t *capacity, size_t room,
                   uint32_t **from, size_t from_count, size_t *from_capacity)
{
    if (*capacity == 0) {
        *to = *from;
        *capacity = *from_capacity;
        *count = from_count;
        *from = NULL;
        *from_capacity = 0;
    }
    if (room > *capacity && *capacity > 0) {
        void *larger = wm_resize(host, *to, *capacity * sizeof **to, room * sizeof **to);
        if (larger == NULL)
            return false;
        *to = larger;
        *capacity = room;
    }
    if (*from != NULL) {
        memcpy(*to + *count, *from, from_count * sizeof **to);
        *count += from_count;
    }
    return true;
}

/* Room for all parts in advance, so that nothing is moved twice. */
static bool append_part(compiler *c, wm_part *part, size_t tree_room, size_t record_room)
{
    wm_compiled *to = c->to, *own = &part->own;
    return append(c->host, &to->trees, &to->tree_count, &to->tree_capacity, tree_room, &own->trees,
                  own->tree_count, &own->tree_capacity) &&
           append(c->host, &to->records, &to->record_count, &to->record_capacity, record_room,
                  &own->records, own->record_count, &own->record_capacity);
}

static bool label_part(compiler *c, const wm_part *part, uint32_t *labels)
{
    for (uint32_t i = 0; i < part->covers.count; i++)
        if (!label_set(c, wm_lists_at(&part->covers, i), &labels[i]))
            return false;
    return true;
}

static bool merge_part(compiler *c, wm_part *part, size_t tree_room, size_t record_room)
{
    wm_compiled *to = c->to;
    size_t size = part->covers.count * sizeof(uint32_t);
    uint32_t *labels = wm_alloc(c->host, size);
    while (to->tree_count % WM_TREE_LINE != 0)      /* there is room */
        to->trees[to->tree_count++] = 0;
    merge m = {to, labels, (uint32_t)(to->tree_count / 2), (uint32_t)to->record_count};
    bool done = labels != NULL && label_part(c, part, labels) &&
                append_part(c, part, tree_room, record_room);
    if (done)
        merge_words(&m, part);
    wm_free(c->host, labels, size);
    return done;
}

static wanmi_status merge_parts(compiler *c)
{
    size_t trees = 0, records = 0;
    for (uint32_t i = 0; i < c->part_count; i++) {
        trees += c->parts[i].own.tree_count + WM_TREE_LINE;
        records += c->parts[i].own.record_count;
    }
    if (trees / 2 >= WM_LABEL || records > UINT32_MAX)
        return WANMI_E_LIMIT;
    for (uint32_t i = 0; i < c->part_count; i++)
        if (!merge_part(c, &c->parts[i], trees, records))
            return WANMI_E_MEMORY;
    return wm_timelines_make(&c->to->timelines, c->index, &c->to->sets, &c->to->tuples) &&
                   wm_compiled_trim(c->host, c->to)
               ? WANMI_OK
               : WANMI_E_MEMORY;
}

/* ---- all of it ------------------------------------------------------------------------------ */

static wanmi_status compile(compiler *c)
{
    wm_layout layout = wm_index_layout(c->index);
    wm_lists_init(&c->to->sets, c->host);
    if (!wm_tuples_open(&c->to->tuples, c->host, &layout) || !lay_plane(c) || !open_parts(c))
        return WANMI_E_MEMORY;
    wanmi_status status = make_parts(c);
    return status == WANMI_OK ? merge_parts(c) : status;
}

static wanmi_status say(wanmi_status status, wanmi_error *error)
{
    switch (status) {
    case WANMI_OK: return WANMI_OK;
    case WANMI_E_MEMORY: return wm_error_memory(error);
    case WANMI_E_CANCELLED: return wm_error(error, status, "compiling was asked to stop");
    case WANMI_E_LIMIT: return wm_error(error, status, "the map has too many edges for an index");
    default: return wm_error(error, status, "GEOS gives no answer on which side of an edge a point lies");
    }
}

wanmi_status wm_compile(wanmi_index *index, const wanmi_index_options *options, wanmi_error *error)
{
    const wanmi_host *host = index->host;
    compiler *c = wm_alloc_zero(host, sizeof *c);
    wm_compiled *fresh = wm_alloc_zero(host, sizeof *fresh);
    wanmi_status status = WANMI_E_MEMORY;
    if (c != NULL && fresh != NULL) {
        c->index = index;
        c->host = host;
        c->to = fresh;
        c->options = options;
        c->edges = (wm_row_edges){.index = index, .to = fresh};
        status = compile(c);
        for (uint32_t i = 0; i < c->part_count; i++)
            wm_part_drop(&c->parts[i]);
        wm_row_edges_drop(&c->edges);
        wm_free(host, c->words, c->word_capacity * sizeof *c->words);
    }
    wm_free(host, c, sizeof *c);
    if (status != WANMI_OK) {
        wm_compiled_free(host, fresh);
        return say(status, error);
    }
    index->compiled = fresh;
    return WANMI_OK;
}
