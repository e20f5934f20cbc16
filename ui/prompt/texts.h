/* The sentences of ui/prompt/texts in every language, compiled in. Nothing is looked up outside the program:
 * no environment, no installed locale.
 *
 * The table itself (enum vn_text, struct vn_locale, vn_locales) is made from the .po files by the build. */
#ifndef VN_PROMPT_TEXTS_H
#define VN_PROMPT_TEXTS_H

#include <stdbool.h>
#include <stdint.h>

#include "ui/prompt/texts_table.h"

/* "sr@latin", also as a system or a browser writes it ("pl_PL.UTF-8", "sr_RS@latin", "sr-Latn"); unknown or NULL gives
 * English. */
const struct vn_locale *vn_texts_locale(const char *name);
/* Whether that is the language that was asked for. */
bool vn_texts_speak(const char *name);

/* The sentence with its {placeholders}; static. */
const char *vn_texts_get(const struct vn_locale *locale, enum vn_text text);

/* The form for `value` things, given in units of 10^-exponent: whole numbers follow the language's plural
 * rule, fractions ("1.50 points") the form that its translation names. A text without plural has one form. */
const char *vn_texts_plural(const struct vn_locale *locale, enum vn_text text, int64_t value,
                            unsigned exponent);

#endif
