/* Numbers: see number.h. */
#include "number.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Most positions have at most 15 digits and no exponent: then digits and power
 * of ten are exact doubles, so that one division rounds once and is right
 * (Clinger 1990, the fast path). False: leave it to strtod. */
static bool parse_short(const char *text, size_t length, double *number)
{
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    const char *at = text, *end = text + length, *point = NULL;
    bool minus = at < end && *at == '-';
    at += minus;
    if (end - at > 16 || at == end)
        return false;
    int64_t digits = 0;
    int seen = 0;
    for (; at < end; at++) {
        if (*at == '.' && point == NULL) {
            point = at;
            continue;
        }
        if (!is_digit(*at))
            return false;
        digits = digits * 10 + (*at - '0');
        seen++;
    }
    if (seen == 0 || seen > 15)
        return false;
    double value = (double)digits / powers[point != NULL ? end - point - 1 : 0];
    *number = minus ? -value : value;
    return true;
}

bool wm_number_parse(const char *text, size_t length, locale_t plain, double *number)
{
    while (length > 0 && (text[0] == ' ' || text[0] == '\t')) {
        text++;
        length--;
    }
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    if (parse_short(text, length, number))
        return true;
    /* strtod takes more than is wanted here: hexadecimal, other blanks, nan(...). */
    if (length == 0 || memchr(text, 'x', length) != NULL || memchr(text, 'X', length) != NULL ||
        memchr(text, '(', length) != NULL || (unsigned char)text[0] <= ' ')
        return false;
    char *end;
    double value = strtod_l(text, &end, plain);
    if (end != text + length)
        return false;
    *number = value;
    return true;
}

bool wm_whole_parse(const char *text, long most, long *number)
{
    long value = 0;
    if (text[0] == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (!is_digit(*text) || value > most)
            return false;
        value = value * 10 + (*text - '0');
    }
    if (value > most)
        return false;
    *number = value;
    return true;
}

static const char *digits(const char *text)
{
    if (!is_digit(*text))
        return NULL;
    while (is_digit(*text))
        text++;
    return text;
}

bool wm_number_is_json(const char *text)
{
    text += *text == '-';
    if (text[0] == '0')
        text++;
    else if ((text = digits(text)) == NULL)
        return false;
    if (*text == '.' && (text = digits(text + 1)) == NULL)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '+' || *text == '-';
        if ((text = digits(text)) == NULL)
            return false;
    }
    return *text == '\0';
}
