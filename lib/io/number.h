/* Numbers from texts, the same in every locale. Internal to io. */
#ifndef WM_IO_NUMBER_H
#define WM_IO_NUMBER_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

/* Parses a whole text of `length` bytes, ended by a NUL, as a decimal number,
 * "nan", "inf" or "infinity" (any case, with a sign); blanks around it are
 * allowed, hexadecimal is not. The double nearest to the text. `plain` is the
 * C locale. False: it is something else. */
bool wm_number_parse(const char *text, size_t length, locale_t plain, double *number);

/* Parses a whole text of digits as a number from 0 to `most`. */
bool wm_whole_parse(const char *text, long most, long *number);

/* Whether a text is a number as JSON writes it. */
bool wm_number_is_json(const char *text);

#endif
