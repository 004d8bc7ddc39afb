/* A map's GeoPackage: see gpkg.h. */
#include "gpkg.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include <cpl_string.h>

#include "base/error.h"

static wanmi_status refuse(wanmi_error *error, wanmi_status status, const char *file, const char *words)
{
    const wm_place place = {.file = file};
    return wm_error_at(error, status, &place, "%s", words);
}

/* ---- opening ---------------------------------------------------------------------- */

enum { HEADER = 100 };

static uint32_t big_endian(const uint8_t *b)
{
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* SQLite fills a last page that is cut off with zeros and goes on, and finds a
 * file that ends early only when it comes to the place; so the length that the
 * header states is compared first. What is missing here may stand in a -wal file. */
static const char *wrong_header(const uint8_t *h, uint64_t size, bool has_wal)
{
    if (memcmp(h, "SQLite format 3", 16) != 0)
        return "no GeoPackage: the file is not an SQLite database";
    if (memcmp(h + 68, "GPKG", 4) != 0 && memcmp(h + 68, "GP1", 3) != 0)
        return "no GeoPackage: an SQLite database without its mark";
    uint64_t page = (uint64_t)h[16] << 8 | h[17];
    page = page == 1 ? 65536 : page;
    bool count_holds = big_endian(h + 24) == big_endian(h + 92);
    if (!has_wal && count_holds && size < page * big_endian(h + 28))
        return "truncated: the file is shorter than its header says";
    return NULL;
}

static bool has_companion(const char *path, const char *ending)
{
    char name[4096];
    struct stat there;
    size_t length = strlen(path);
    if (length + strlen(ending) >= sizeof name)
        return false;
    memcpy(name, path, length);
    strcpy(name + length, ending);
    return stat(name, &there) == 0 && there.st_size > 0;
}

wanmi_status wm_pkg_check(const char *path, const char *name, wanmi_error *error)
{
    const wm_place place = {.file = name};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return wm_error_at(error, WANMI_E_IO_OPEN, &place, "cannot be opened: %s", strerror(errno));
    struct stat about;
    uint8_t header[HEADER] = {0};
    ssize_t got = -1;
    bool known = fstat(file, &about) == 0;
    if (known && S_ISREG(about.st_mode))
        got = pread(file, header, HEADER, 0);
    int reason = errno;
    close(file);
    if (known && S_ISDIR(about.st_mode))
        return refuse(error, WANMI_E_IO_OPEN, name, "a folder, where a map file is meant");
    if (known && !S_ISREG(about.st_mode))
        return refuse(error, WANMI_E_IO_OPEN, name, "no regular file");
    if (got < 0)
        return wm_error_at(error, WANMI_E_IO_OPEN, &place, "cannot be read: %s", strerror(reason));
    if (got == 0)
        return refuse(error, WANMI_E_IO_FORMAT, name, "empty: the file has no bytes");
    if (got < HEADER)
        return refuse(error, WANMI_E_IO_FORMAT, name, "no GeoPackage: the file is too short for one");
    const char *words = wrong_header(header, (uint64_t)about.st_size, has_companion(path, "-wal"));
    return words != NULL ? refuse(error, WANMI_E_IO_FORMAT, name, words) : WANMI_OK;
}

wanmi_status wm_pkg_open(const char *path, const char *name, bool update, wm_gdal *gdal,
                          GDALDatasetH *data, wanmi_error *error)
{
    wanmi_status status = wm_pkg_check(path, name, error);
    if (status != WANMI_OK)
        return status;
    static const char *const drivers[] = {"GPKG", NULL};
    /* Tables that somebody made without registering them are tables too. */
    static const char *const options[] = {"LIST_ALL_TABLES=YES", NULL};
    unsigned flags = GDAL_OF_VECTOR | (update ? GDAL_OF_UPDATE : GDAL_OF_READONLY);
    wm_gdal_forget(gdal);
    GDALDatasetH opened = GDALOpenEx(path, flags | GDAL_OF_VERBOSE_ERROR, drivers, options, NULL);
    const wm_place place = {.file = name};
    if (opened == NULL)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "not a usable GeoPackage: %s",
                           wm_gdal_words(gdal));
    if (gdal->failed) {
        status = wm_error_at(error, WANMI_E_IO_FORMAT, &place, "not a usable GeoPackage: %s",
                             wm_gdal_words(gdal));
        GDALClose(opened);
        return status;
    }
    if (update)
        GDALDatasetStartTransaction(opened, FALSE);
    *data = opened;
    return WANMI_OK;
}

wanmi_status wm_pkg_create(const char *path, const char *name, wm_gdal *gdal, GDALDatasetH *data,
                            wanmi_error *error)
{
    wm_gdal_forget(gdal);
    GDALDriverH driver = GDALGetDriverByName("GPKG");
    GDALDatasetH made = driver != NULL ? GDALCreate(driver, path, 0, 0, 0, GDT_Unknown, NULL) : NULL;
    const wm_place place = {.file = name};
    if (made == NULL)
        return wm_error_at(error, WANMI_E_IO_WRITE, &place, "cannot be created: %s",
                           driver != NULL ? wm_gdal_words(gdal) : "this GDAL has no GeoPackage driver");
    GDALDatasetStartTransaction(made, FALSE);
    *data = made;
    return WANMI_OK;
}

wanmi_status wm_pkg_finish(GDALDatasetH data, wanmi_status status, const char *name, wm_gdal *gdal,
                            wanmi_error *error)
{
    if (data == NULL)
        return status;
    wm_gdal_forget(gdal);
    bool kept = status == WANMI_OK && GDALDatasetCommitTransaction(data) == OGRERR_NONE;
    if (status != WANMI_OK)
        GDALDatasetRollbackTransaction(data);
    GDALClose(data);
    if (status != WANMI_OK)
        return status;
    const wm_place place = {.file = name};
    if (!kept || gdal->failed)
        return wm_error_at(error, WANMI_E_IO_WRITE, &place, "cannot be written: %s",
                           wm_gdal_words(gdal));
    return WANMI_OK;
}

/* ---- tables ------------------------------------------------------------------------ */

OGRLayerH wm_pkg_table(GDALDatasetH data, const char *name)
{
    int count = GDALDatasetGetLayerCount(data);
    for (int i = 0; i < count; i++) {
        OGRLayerH table = GDALDatasetGetLayer(data, i);
        if (strcmp(OGR_L_GetName(table), name) == 0)
            return table;
    }
    return NULL;
}

wanmi_status wm_pkg_column(OGRLayerH table, const char *file, const char *column, int *index,
                            wanmi_error *error)
{
    *index = OGR_FD_GetFieldIndex(OGR_L_GetLayerDefn(table), column);
    if (*index >= 0)
        return WANMI_OK;
    const wm_place place = {.file = file, .layer = OGR_L_GetName(table), .value = column};
    return wm_error_at(error, WANMI_E_IO_COLUMN, &place, "the table has no such column");
}

static bool make_field(OGRLayerH table, const char *column)
{
    OGRFieldType type = column[0] == '#' ? OFTInteger64 : column[0] == '%' ? OFTReal : OFTString;
    OGRFieldDefnH field = OGR_Fld_Create(column + (type != OFTString), type);
    bool made = OGR_L_CreateField(table, field, FALSE) == OGRERR_NONE;
    OGR_Fld_Destroy(field);
    return made;
}

wanmi_status wm_pkg_make(GDALDatasetH data, const char *name, OGRSpatialReferenceH srs,
                          OGRwkbGeometryType shape, const char *const *columns, size_t count,
                          const char *file, wm_gdal *gdal, OGRLayerH *table, wanmi_error *error)
{
    char **options = NULL;
    if (srs == NULL)
        options = CSLAddString(options, "ASPATIAL_VARIANT=GPKG_ATTRIBUTES");
    wm_gdal_forget(gdal);
    *table = GDALDatasetCreateLayer(data, name, srs, srs != NULL ? shape : wkbNone, options);
    CSLDestroy(options);
    bool made = *table != NULL;
    for (size_t i = 0; i < count && made; i++)
        made = make_field(*table, columns[i]);
    const wm_place place = {.file = file, .layer = name};
    if (!made)
        return wm_error_at(error, WANMI_E_IO_WRITE, &place, "the table cannot be made: %s",
                           wm_gdal_words(gdal));
    return WANMI_OK;
}

OGRFeatureH wm_pkg_row(OGRLayerH table)
{
    return OGR_F_Create(OGR_L_GetLayerDefn(table));
}

void wm_pkg_set(OGRFeatureH row, const char *column, const char *text)
{
    int index = OGR_F_GetFieldIndex(row, column);
    if (index < 0)
        return;
    if (text != NULL && text[0] != '\0')
        OGR_F_SetFieldString(row, index, text);
    else
        OGR_F_SetFieldNull(row, index);
}

void wm_pkg_set_integer(OGRFeatureH row, const char *column, int64_t number)
{
    int index = OGR_F_GetFieldIndex(row, column);
    if (index >= 0)
        OGR_F_SetFieldInteger64(row, index, number);
}

wanmi_status wm_pkg_add(OGRLayerH table, OGRFeatureH row, const char *file, wm_gdal *gdal,
                         wanmi_error *error)
{
    wm_gdal_forget(gdal);
    bool added = OGR_L_CreateFeature(table, row) == OGRERR_NONE;
    OGR_F_Destroy(row);
    const wm_place place = {.file = file, .layer = OGR_L_GetName(table)};
    if (!added)
        return wm_error_at(error, WANMI_E_IO_WRITE, &place, "a row cannot be written: %s",
                           wm_gdal_words(gdal));
    return WANMI_OK;
}

wanmi_status wm_pkg_srs(wanmi_crs *crs, wm_gdal *gdal, OGRSpatialReferenceH *srs, wanmi_error *error)
{
    wm_gdal_forget(gdal);
    OGRSpatialReferenceH made = wm_srs_read(wanmi_crs_wkt(crs));
    if (made == NULL)
        return wm_error(error, WANMI_E_CRS_DEFINITION, "GDAL cannot read the map's CRS %s: %s",
                        wanmi_crs_name(crs), wm_gdal_words(gdal));
    *srs = made;
    return WANMI_OK;
}
