/* Texts of strangers: is it UTF-8, and which number do its bytes hash to.
 * Internal: compiled into libwanmi and libwanmi_io alike, never exported. */
#ifndef WM_TEXT_H
#define WM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Well-formed UTF-8 (RFC 3629: shortest forms, no surrogates, up to U+10FFFF)
 * without a NUL inside. */
bool wm_text_is_utf8(const char *text, size_t length);

/* FNV-1a with a last mix, so that the low bits serve as a table's index. */
uint32_t wm_text_hash(const char *text, size_t length);

#endif
