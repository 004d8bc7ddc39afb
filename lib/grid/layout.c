/* Code layouts: see layout.h. */
#include "layout.h"

#include <stdio.h>
#include <string.h>

enum { SEQUENCE_DIGITS_MAX = 18 };

static bool read_part(const char **text, int *digits)
{
    int value = 0;
    const char *at = *text;
    for (; *at >= '0' && *at <= '9' && value <= WANMI_CODE_MAX; at++)
        value = value * 10 + (*at - '0');
    if (at == *text || value == 0 || value > WANMI_CODE_MAX)
        return false;
    *text = at;
    *digits = value;
    return true;
}

bool wm_layout_read(wm_layout *layout, const char *text)
{
    wm_layout l = {0};
    for (int digits, sum = 0;; text++) {
        if (l.parts == WM_LAYOUT_PARTS || !read_part(&text, &digits))
            return false;
        sum += digits;
        l.ends[l.parts++] = sum;
        if (*text == '\0')
            break;
        if (*text != '+')
            return false;
    }
    if (l.parts < 2 || l.ends[l.parts - 1] > WANMI_CODE_MAX)
        return false;
    l.area_digits = l.ends[l.parts - 2];
    l.sequence_digits = l.ends[l.parts - 1] - l.area_digits;
    if (l.sequence_digits > SEQUENCE_DIGITS_MAX)
        return false;
    l.most = 1;
    for (int i = 0; i < l.sequence_digits; i++)
        l.most *= 10;
    l.most--;
    *layout = l;
    return true;
}

bool wm_is_digits(const char *code, int digits)
{
    return strlen(code) == (size_t)digits && strspn(code, "0123456789") == (size_t)digits;
}

void wm_layout_that_does(const char *layout, uint64_t count, char *text, size_t size)
{
    int digits = 1;
    for (uint64_t rest = count; rest >= 10; rest /= 10)
        digits++;
    const char *last = strrchr(layout, '+');
    snprintf(text, size, "%.*s+%d", (int)(last - layout), layout, digits);
}
