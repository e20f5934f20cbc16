#include "ui/prompt/session.h"

static bool may_choose(const struct vn_session *s)
{
    return s->phase == VN_SESSION_OPEN && s->card == VN_SESSION_CARD_KNOWN && s->spend_max > 0 &&
           s->spend_max >= s->spend_min && s->spend != VN_SESSION_SPEND_ASKING;
}

static bool covered(const struct vn_session *s, int64_t points)
{
    return s->online || points <= s->available_here;
}

static bool chosen_already(const struct vn_session *s, int64_t points)
{
    return s->spend == VN_SESSION_SPEND_GRANTED && s->spend_points == points;
}

int64_t vn_session_spend_all(const struct vn_session *session)
{
    int64_t all = session->spend_max;
    return may_choose(session) && covered(session, all) && !chosen_already(session, all) ? all : 0;
}

int64_t vn_session_spend_half(const struct vn_session *session)
{
    int64_t half = session->spend_max / 2;
    if (session->spend_step > 0) {
        half -= half % session->spend_step;
    }
    bool possible = may_choose(session) && half > 0 && half >= session->spend_min && covered(session, half) &&
                    !chosen_already(session, half);
    return possible ? half : 0;
}

bool vn_session_spend_undoable(const struct vn_session *session)
{
    return session->phase == VN_SESSION_OPEN &&
           (session->spend == VN_SESSION_SPEND_GRANTED || session->spend == VN_SESSION_SPEND_ASKING);
}

bool vn_session_card_forgettable(const struct vn_session *session)
{
    bool there = session->card == VN_SESSION_CARD_KNOWN || session->card == VN_SESSION_CARD_NEW ||
                 session->card == VN_SESSION_CARD_BLOCKED;
    bool early = session->phase == VN_SESSION_IDLE || session->phase == VN_SESSION_OPEN;
    return there && early && session->spend != VN_SESSION_SPEND_ASKING;
}
