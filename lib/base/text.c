/* Texts of strangers: see text.h. */
#include "text.h"

/* Bytes of the character at `p`, of which `left` are there; 0: not well-formed. */
static size_t character(const unsigned char *p, size_t left)
{
    if (p[0] < 0x80)
        return p[0] != 0 ? 1 : 0;
    size_t size = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < size)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    bool is_long = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90);
    bool is_surrogate = p[0] == 0xED && p[1] >= 0xA0;
    bool is_beyond = p[0] == 0xF4 && p[1] >= 0x90;
    return is_long || is_surrogate || is_beyond ? 0 : size;
}

bool wm_text_is_utf8(const char *text, size_t length)
{
    const unsigned char *p = (const unsigned char *)text;
    for (size_t at = 0; at < length;) {
        size_t size = character(p + at, length - at);
        if (size == 0)
            return false;
        at += size;
    }
    return true;
}

uint32_t wm_text_hash(const char *text, size_t length)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < length; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001B3u;
    return (uint32_t)(h ^ (h >> 32));
}
