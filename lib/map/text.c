/* What texts of a map may be: codes, names, layers, layouts. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "model.h"

/* Bytes of the character of well-formed UTF-8 that begins so. */
static size_t character(unsigned char lead)
{
    return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
}

/* A character that no text may hold: C0, DEL, C1. */
static bool is_control(const unsigned char *s)
{
    return s[0] < 0x20 || s[0] == 0x7F || (s[0] == 0xC2 && s[1] < 0xA0);
}

/* Blanks that a table may carry along: space, no-break space, ideographic space. */
static const char *const blanks[] = {" ", "\xC2\xA0", "\xE3\x80\x80"};

static bool is_blank(const unsigned char *s, size_t length)
{
    return wm_text_blank((const char *)s, length) == length;
}

size_t wm_text_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(blanks[i]);
        if (size <= length && memcmp(text, blanks[i], size) == 0)
            return size;
    }
    return 0;
}

size_t wm_text_blank_end(const char *text, size_t length)
{
    for (size_t i = 0; i < 3; i++) {
        size_t size = strlen(blanks[i]);
        if (size <= length && memcmp(text + length - size, blanks[i], size) == 0)
            return size;
    }
    return 0;
}

/* What is wrong with the characters, or NULL; `shown`: the text can be put into
 * a message. */
static const char *wrong_characters(const char *text, unsigned rules, bool *shown)
{
    const unsigned char *s = (const unsigned char *)text;
    bool blank = false, first_blank = false, semicolon = false;
    *shown = false;
    if (!wm_text_is_utf8(text, strlen(text)))
        return "is not UTF-8";
    for (size_t length; *s != '\0'; s += length) {
        length = character(*s);
        if (is_control(s))
            return "holds a control character";
        blank = is_blank(s, length);
        first_blank = first_blank || (blank && s == (const unsigned char *)text);
        semicolon = semicolon || *s == ';';
    }
    *shown = true;
    if ((rules & WM_TEXT_CODE) && (first_blank || blank))
        return "begins or ends with a blank";
    if ((rules & WM_TEXT_CODE) && semicolon)
        return "holds a ';', which joins codes in outputs";
    if ((rules & WM_TEXT_AREA) && s > (const unsigned char *)text && s[-1] == '*')
        return "ends with a '*', which means 'begins with' in rules";
    return NULL;
}

wanmi_status wm_text_check(const char *what, const char *text, size_t most, unsigned rules,
                           wanmi_status status, const wm_place *place, wanmi_error *error)
{
    wm_place at = *place;
    if (text == NULL || text[0] == '\0') {
        if (rules & WM_TEXT_NEEDED)
            return wm_error_at(error, status, &at, "%s is missing", what);
        return WANMI_OK;
    }
    bool shown;
    const char *wrong = wrong_characters(text, rules, &shown);
    if (shown)
        at.value = text;
    if (wrong != NULL)
        return wm_error_at(error, status, &at, "%s %s", what, wrong);
    if (strlen(text) > most)
        return wm_error_at(error, status, &at, "%s is longer than %zu bytes", what, most);
    return WANMI_OK;
}

static bool begins(const char *text, const char *prefix)
{
    return strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* A layer is a table of a GeoPackage and a column of an output: names that mean
 * something else there cannot be had. */
static bool is_taken(const char *name)
{
    static const char *const columns[] = {"id", "status", "distance_m"};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        if (strcasecmp(name, columns[i]) == 0)
            return true;
    return begins(name, "wanmi_") || begins(name, "gpkg_") || begins(name, "rtree_") ||
           begins(name, "sqlite_");
}

wanmi_status wm_layer_name_check(const char *name, wanmi_error *error)
{
    wm_place place = {0};
    wanmi_status status = wm_text_check("layer name", name, 63, WM_TEXT_NEEDED | WM_TEXT_CODE,
                                        WANMI_E_MAP_LAYER, &place, error);
    if (status != WANMI_OK)
        return status;
    place.value = name;
    for (const unsigned char *s = (const unsigned char *)name; *s != '\0'; s++)
        if (*s < 0x80 && !isalnum(*s) && *s != '_' && *s != '-')
            return wm_error_at(error, WANMI_E_MAP_LAYER, &place,
                               "layer name holds '%c'; letters, digits, _ and - are allowed", *s);
    if (is_taken(name))
        return wm_error_at(error, WANMI_E_MAP_LAYER, &place,
                           "layer name is reserved for files and outputs");
    return WANMI_OK;
}

bool wm_uuid_is(const char *text)
{
    for (size_t i = 0; i < 36; i++) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? text[i] != '-' : !isxdigit((unsigned char)text[i]))
            return false;
    }
    return text[36] == '\0';
}

bool wm_layout_is(const char *text)
{
    for (size_t digits = 0;; text += 2) {
        if (text[0] < '1' || text[0] > '9')
            return false;
        digits += (size_t)(text[0] - '0');
        if (digits > WANMI_CODE_MAX)
            return false;
        if (text[1] == '\0')
            return true;
        if (text[1] != '+')
            return false;
    }
}
