#include "ui/prompt/texts.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/limits.h"

static const struct vn_locale *find(const char *name)
{
    for (size_t i = 0; i < vn_locale_count; i++) {
        if (strcmp(vn_locales[i].name, name) == 0) {
            return &vn_locales[i];
        }
    }
    return NULL;
}

const struct vn_locale *vn_texts_locale(const char *name)
{
    const struct vn_locale *english = find("en");
    if (english == NULL) {
        english = &vn_locales[0];
    }
    if (name == NULL) {
        return english;
    }
    const struct vn_locale *exact = find(name);
    if (exact != NULL) {
        return exact;
    }
    /* language[_COUNTRY][.charset][@script], or as the web writes it, language-Script-COUNTRY: only language and script
     * matter here. */
    char plain[VN_TAG_MAX];
    size_t language = strcspn(name, "_.@-");
    const char *latin = strncmp(name + language, "-Latn", 5) == 0 || strncmp(name + language, "_Latn", 5) == 0
                            ? "@latin"
                            : NULL;
    const char *script = latin != NULL ? latin : strchr(name, '@');
    size_t script_len = script == NULL ? 0 : strlen(script);
    if (language + script_len >= sizeof plain) {
        return english;
    }
    memcpy(plain, name, language);
    if (script != NULL) {
        memcpy(plain + language, script, script_len);
    }
    plain[language + script_len] = '\0';
    const struct vn_locale *found = find(plain);
    if (found == NULL && script != NULL) {
        plain[language] = '\0';
        found = find(plain);
    }
    return found != NULL ? found : english;
}

bool vn_texts_speak(const char *name)
{
    return strcmp(vn_texts_locale(name)->name, "en") != 0 ||
           (strncmp(name, "en", 2) == 0 && strcspn(name, "_.@-") == 2);
}

const char *vn_texts_get(const struct vn_locale *locale, enum vn_text text)
{
    return locale->texts[text].forms[0];
}

const char *vn_texts_plural(const struct vn_locale *locale, enum vn_text text, int64_t value,
                            unsigned exponent)
{
    const struct vn_text_entry *entry = &locale->texts[text];
    uint64_t count = value < 0 ? 0U - (uint64_t)value : (uint64_t)value;
    for (; exponent > 0 && count > 0; exponent--) {
        if (count % 10 != 0) {
            count = (uint64_t)strtoul(vn_texts_get(locale, VN_TEXT_FRACTION_COUNT), NULL, 10);
            break;
        }
        count /= 10;
    }
    unsigned form = locale->plural(count);
    return entry->forms[form] != NULL ? entry->forms[form] : entry->forms[0];
}
