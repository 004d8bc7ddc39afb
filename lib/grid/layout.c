/* Code layouts: see layout.h. A part is one digit long, as the map asks. */
#include "layout.h"

#include <stdio.h>
#include <string.h>

bool wm_layout_read(wm_layout *layout, const char *text)
{
    wm_layout l = {0};
    for (int sum = 0;; text += 2) {
        if (text[0] < '1' || text[0] > '9' || (sum += text[0] - '0') > WANMI_CODE_MAX)
            return false;
        l.ends[l.parts++] = sum;
        if (text[1] == '\0')
            break;
        if (text[1] != '+')
            return false;
    }
    l.area_digits = l.parts > 1 ? l.ends[l.parts - 2] : 0;
    l.sequence_digits = l.ends[l.parts - 1] - l.area_digits;
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
