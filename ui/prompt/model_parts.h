/* Inside of ui/prompt: the two halves of a model, made from one session. For model.c alone. */
#ifndef VN_PROMPT_MODEL_PARTS_H
#define VN_PROMPT_MODEL_PARTS_H

#include "ui/prompt/model.h"
#include "ui/prompt/texts.h"

/* Sets tone and main. Returns the text that was chosen, so that the extras don't say it again. */
enum vn_text vn_model_main(const struct vn_session *session, const struct vn_locale *locale,
                           struct vn_screen_model *out);

/* Sets secondary lines, actions and corners. */
void vn_model_extras(const struct vn_session *session, const struct vn_locale *locale, enum vn_text main_text,
                     struct vn_screen_model *out);

#endif
