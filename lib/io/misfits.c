/* Values that are not of their column: see misfits.h. */
#include "misfits.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"

enum { SQL_MAX = 16384 };

typedef struct sql {
    char text[SQL_MAX];
    size_t used;
    bool full;
    OGRFeatureDefnH of;
    const char *const *columns;
    size_t count;
} sql;

static void put(sql *q, const char *text)
{
    size_t length = strlen(text);
    q->full = q->full || q->used + length >= sizeof q->text;
    if (q->full)
        return;
    memcpy(q->text + q->used, text, length + 1);
    q->used += length;
}

/* A name between quotes; a quote in it doubled. */
static void put_quoted(sql *q, const char *name, char quote)
{
    const char around[2] = {quote, '\0'};
    put(q, around);
    for (; *name != '\0'; name++) {
        const char one[2] = {*name, '\0'};
        put(q, one);
        if (*name == quote)
            put(q, one);
    }
    put(q, around);
}

/* The i-th of the columns where it is there and holds numbers, else NULL. */
static OGRFieldDefnH number_field(const sql *q, size_t i)
{
    int index = OGR_FD_GetFieldIndex(q->of, q->columns[i]);
    OGRFieldDefnH field = index >= 0 ? OGR_FD_GetFieldDefn(q->of, index) : NULL;
    OGRFieldType type = field != NULL ? OGR_Fld_GetType(field) : OFTString;
    return type == OFTInteger || type == OFTInteger64 || type == OFTReal ? field : NULL;
}

static void put_test(sql *q, OGRFieldDefnH field)
{
    put(q, "typeof(");
    put_quoted(q, OGR_Fld_GetNameRef(field), '"');
    put(q, OGR_Fld_GetType(field) == OFTReal ? ") IN ('text','blob')" : ") IN ('text','blob','real')");
}

/* "CASE WHEN typeof(a) IN ... THEN 'a' WHEN ... END", or with the values in place of
 * the names. */
static void put_case(sql *q, bool names)
{
    put(q, ", CASE");
    for (size_t i = 0; i < q->count; i++) {
        OGRFieldDefnH field = number_field(q, i);
        if (field == NULL)
            continue;
        const char *column = OGR_Fld_GetNameRef(field);
        put(q, " WHEN ");
        put_test(q, field);
        put(q, names ? " THEN " : " THEN CAST(");
        put_quoted(q, column, names ? '\'' : '"');
        put(q, names ? "" : " AS TEXT)");
    }
    put(q, " END");
}

/* Gives false where the table has no column of numbers. */
static bool write_query(sql *q, OGRLayerH table)
{
    bool any = false;
    /* As it stands, OGR would take it for the feature's own number. */
    put(q, "SELECT rowid + 0");
    put_case(q, true);
    put_case(q, false);
    put(q, " FROM ");
    put_quoted(q, OGR_L_GetName(table), '"');
    for (size_t i = 0; i < q->count; i++) {
        OGRFieldDefnH field = number_field(q, i);
        if (field == NULL)
            continue;
        put(q, any ? " OR " : " WHERE ");
        put_test(q, field);
        any = true;
    }
    put(q, " ORDER BY 1");
    return any && !q->full;
}

static wanmi_status keep(wm_misfits *m, OGRFeatureH row, wanmi_error *error)
{
    void *list = m->list;
    if (!wm_reserve(m->host, &list, &m->room, m->count + 1, sizeof *m->list))
        return wm_error_memory(error);
    m->list = list;
    wm_misfit *to = &m->list[m->count++];
    to->row = OGR_F_GetFieldAsInteger64(row, 0);
    wm_text_fit(to->column, sizeof to->column, OGR_F_GetFieldAsString(row, 1));
    wm_text_fit(to->value, sizeof to->value, OGR_F_GetFieldAsString(row, 2));
    return WANMI_OK;
}

wanmi_status wm_misfits_find(GDALDatasetH data, OGRLayerH table, const char *const *columns, size_t count,
                             wm_gdal *gdal, wm_misfits *misfits, wanmi_error *error)
{
    sql *q = wm_alloc_zero(misfits->host, sizeof *q);
    if (q == NULL)
        return wm_error_memory(error);
    q->of = OGR_L_GetLayerDefn(table);
    q->columns = columns;
    q->count = count;
    OGRLayerH result = NULL;
    wm_gdal_forget(gdal);
    if (write_query(q, table))
        result = GDALDatasetExecuteSQL(data, q->text, NULL, NULL);
    wanmi_status status = WANMI_OK;
    OGRFeatureH row;
    while (result != NULL && status == WANMI_OK && (row = OGR_L_GetNextFeature(result)) != NULL) {
        status = keep(misfits, row, error);
        OGR_F_Destroy(row);
    }
    if (result != NULL)
        GDALDatasetReleaseResultSet(data, result);
    wm_free(misfits->host, q, sizeof *q);
    /* What SQLite cannot read here it cannot read again, and then it is told. */
    wm_gdal_forget(gdal);
    return status;
}

void wm_misfits_drop(wm_misfits *misfits)
{
    wm_free(misfits->host, misfits->list, misfits->room * sizeof *misfits->list);
    misfits->list = NULL;
    misfits->count = misfits->room = 0;
}

const wm_misfit *wm_misfits_of(const wm_misfits *misfits, int64_t row)
{
    size_t low = 0, high = misfits->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (misfits->list[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low < misfits->count && misfits->list[low].row == row ? &misfits->list[low] : NULL;
}
