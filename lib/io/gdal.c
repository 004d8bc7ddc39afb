/* GDAL on a leash: see gdal.h. */
#include "gdal.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cpl_conv.h>
#include <cpl_error.h>
#include <cpl_string.h>

#include "base/error.h"

static void CPL_STDCALL take_words(CPLErr class, CPLErrorNum number, const char *words)
{
    (void)number;
    wm_gdal *gdal = CPLGetErrorHandlerUserData();
    if (gdal == NULL || gdal->failed || class < CE_Warning)
        return;
    gdal->failed = class >= CE_Failure;
    wm_text_fit(gdal->words, sizeof gdal->words, words);
}

void wm_gdal_begin(wm_gdal *gdal)
{
    *gdal = (wm_gdal){0};
    CPLPushErrorHandlerEx(take_words, gdal);
    GDALAllRegister();
    /* What is written is a file nobody else knows yet, synchronised as a whole
     * before it takes its name. */
    const char *was = CPLGetThreadLocalConfigOption("OGR_SQLITE_SYNCHRONOUS", NULL);
    gdal->had_synchronous = was != NULL;
    gdal->synchronous = was != NULL ? CPLStrdup(was) : NULL;
    CPLSetThreadLocalConfigOption("OGR_SQLITE_SYNCHRONOUS", "OFF");
}

void wm_gdal_end(wm_gdal *gdal)
{
    CPLSetThreadLocalConfigOption("OGR_SQLITE_SYNCHRONOUS",
                                  gdal->had_synchronous ? gdal->synchronous : NULL);
    CPLFree(gdal->synchronous);
    CPLPopErrorHandler();
}

void wm_gdal_forget(wm_gdal *gdal)
{
    gdal->failed = false;
    gdal->words[0] = '\0';
}

const char *wm_gdal_words(const wm_gdal *gdal)
{
    return gdal->words[0] != '\0' ? gdal->words : "GDAL gives no reason";
}

/* OGR's own text of a date has slashes, which no ISO reader takes. */
static void date_text(OGRFeatureH feature, int field, bool with_time, char slot[WM_SLOT])
{
    int year, month, day, hour, minute, zone;
    float second;
    slot[0] = '\0';
    if (!OGR_F_GetFieldAsDateTimeEx(feature, field, &year, &month, &day, &hour, &minute, &second,
                                    &zone))
        return;
    int used = CPLsnprintf(slot, WM_SLOT, "%04d-%02d-%02d", year, month, day);
    if (!with_time)
        return;
    int milli = (int)lround((double)second * 1000);
    used += CPLsnprintf(slot + used, WM_SLOT - (size_t)used, "T%02d:%02d:%02d.%03d", hour, minute,
                        milli / 1000, milli % 1000);
    /* 0: not known, 1: local time; 100: UTC, and a quarter of an hour a step. */
    int offset = zone > 1 ? (zone - 100) * 15 : 0;
    if (zone > 1)
        CPLsnprintf(slot + used, WM_SLOT - (size_t)used, "%c%02d:%02d", offset < 0 ? '-' : '+',
                    abs(offset) / 60, abs(offset) % 60);
}

const char *wm_field_text(OGRFeatureH feature, int field, char slot[WM_SLOT])
{
    if (field < 0 || !OGR_F_IsFieldSetAndNotNull(feature, field))
        return "";
    switch (OGR_Fld_GetType(OGR_F_GetFieldDefnRef(feature, field))) {
    case OFTString:
        return OGR_F_GetFieldAsString(feature, field);
    case OFTInteger:
    case OFTInteger64:
        CPLsnprintf(slot, WM_SLOT, "%lld", (long long)OGR_F_GetFieldAsInteger64(feature, field));
        return slot;
    case OFTReal: {
        double value = OGR_F_GetFieldAsDouble(feature, field);
        if (value != floor(value)) {
            wm_number_text(value, slot);
            return slot;
        }
        if (!(fabs(value) <= 0x1p53))
            return NULL;
        CPLsnprintf(slot, WM_SLOT, "%.0f", value);
        return slot;
    }
    case OFTDate:
        date_text(feature, field, false, slot);
        return slot;
    case OFTDateTime:
        date_text(feature, field, true, slot);
        return slot;
    default:
        return NULL;
    }
}

OGRSpatialReferenceH wm_srs_read(const char *text)
{
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    int32_t code;
    char *wkt = (char *)text;   /* moved on by GDAL, not written to */
    OGRErr got = OGRERR_UNSUPPORTED_SRS;
    if (strncasecmp(text, "EPSG:", 5) == 0 && wm_text_integer(text + 5, &code))
        got = OSRImportFromEPSG(srs, code);
    else if (strchr(text, '[') != NULL)
        got = OSRImportFromWkt(srs, &wkt);
    else if (strstr(text, "proj=") != NULL)
        got = OSRImportFromProj4(srs, text);
    if (got != OGRERR_NONE) {
        OSRRelease(srs);
        return NULL;
    }
    OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    return srs;
}

bool wm_text_number(const char *text, double *number)
{
    char *end = NULL;
    double value = CPLStrtod(text, &end);
    while (*end == ' ' || *end == '\t')
        end++;
    if (end == text || *end != '\0' || !isfinite(value))
        return false;
    *number = value;
    return true;
}

bool wm_text_integer(const char *text, int32_t *number)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    while (*end == ' ' || *end == '\t')
        end++;
    if (end == text || *end != '\0' || errno != 0 || value < INT32_MIN || value > INT32_MAX)
        return false;
    *number = (int32_t)value;
    return true;
}

void wm_number_text(double number, char slot[WM_SLOT])
{
    for (int digits = 15; digits <= 17; digits++) {
        CPLsnprintf(slot, WM_SLOT, "%.*g", digits, number);
        if (CPLAtof(slot) == number)
            return;
    }
}
