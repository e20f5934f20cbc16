#include "ui/prompt/session.h"

static bool may_choose(const struct vn_session *s)
{
    return s->phase == VN_SESSION_OPEN && s->card == VN_SESSION_CARD_KNOWN && s->spend_max > 0 &&
           s->spend_max >= s->spend_min && s->spend != VN_SESSION_SPEND_ASKING;
}

static bool chosen_already(const struct vn_session *s, int64_t points)
{
    return s->spend == VN_SESSION_SPEND_GRANTED && s->spend_points == points;
}

/* Down to a whole step; 0 when that is below the minimum. */
static int64_t whole(const struct vn_session *s, int64_t points)
{
    if (points > 0 && s->spend_step > 0) {
        points -= points % s->spend_step;
    }
    return points > 0 && points >= s->spend_min ? points : 0;
}

static int64_t most(const struct vn_session *s)
{
    return whole(s, s->spend_max < s->available_here ? s->spend_max : s->available_here);
}

int64_t vn_session_spend_all(const struct vn_session *session)
{
    int64_t all = most(session);
    return may_choose(session) && !chosen_already(session, all) ? all : 0;
}

int64_t vn_session_spend_half(const struct vn_session *session)
{
    int64_t half = whole(session, most(session) / 2);
    return may_choose(session) && !chosen_already(session, half) ? half : 0;
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
