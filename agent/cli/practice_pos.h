/* The practice POS: a little till of somebody else's in the terminal, to see and to learn what Verno does.
 *
 * It owns the other end of the scanner: a pseudo-terminal whose slave the agent opens as its serial scanner, so that
 * every scan goes the way of a real one (bytes, agent, "scan" event, basket). Prices come from its own catalogue,
 * discounts from the agent over agent/client, as an integrator would do it. Its texts are English: it stands for
 * the POS, not for Verno's screen.
 *
 * Not here: returns of single lines, weighed goods, tenders. Everything is on one thread; calls to the agent block for
 * at most VN_PRACTICE_CALL_MS. This header is shared by the practice_pos_*.c files alone, but for the main function. */
#ifndef VN_CLI_PRACTICE_POS_H
#define VN_CLI_PRACTICE_POS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/clock.h"
#include "agent/client/client.h"
#include "agent/loyalty/basket.h"
#include "agent/loyalty/outcome.h"

/* `verno practice-pos OPTIONS`; see --help. 0 when quit, 1 after a failure, 2 for wrong options. */
int vn_practice_pos_main(int argc, char **argv);

#define VN_PRACTICE_CALL_MS   4000
#define VN_PRACTICE_QUEUE_MAX 16
#define VN_PRACTICE_CODES_MAX 32
#define VN_PRACTICE_TEXT_MAX  200
#define VN_PRACTICE_AIM_SIZE  4
#define VN_PRACTICE_RETRY_MS  500
#define VN_PRACTICE_FILE_MAX  (4 * 1024 * 1024)
#define VN_PRACTICE_GOODS_MAX 5000
#define VN_PRACTICE_NO_ANSWER (-1)

/* --- data: what can be scanned ------------------------------------------------------------------------- */

/* A named code of practice.json: a card or coupon as its label has it. */
struct vn_practice_code {
    char name[VN_TAG_MAX];
    char aim[VN_PRACTICE_AIM_SIZE];
    char data[VN_CARD_TEXT_MAX];
};

struct vn_practice_data {
    struct vn_item *items; /* owned */
    size_t item_count;
    struct vn_practice_code codes[VN_PRACTICE_CODES_MAX];
    size_t code_count;
};

/* Reads the catalogue (a vn_item a line) and practice.json ("goods": name -> code, "cards" and "coupons": name ->
 * {"aim","data"}). VN_ABSENT, VN_INPUT, VN_FULL, VN_IO, VN_NOMEM with a sentence. Free with vn_practice_data_deinit
 * in any case. */
VN_MUST_USE enum vn_status vn_practice_data_read(struct vn_practice_data *data, const char *catalogue_path,
                                                 const char *codes_path, struct vn_error *error);
void vn_practice_data_deinit(struct vn_practice_data *data);
const struct vn_item *vn_practice_item(const struct vn_practice_data *data, const char *code); /* or NULL */
const struct vn_practice_code *vn_practice_code(const struct vn_practice_data *data,
                                                const char *name); /* or NULL */

/* A whole file, at most VN_PRACTICE_FILE_MAX bytes, appended to `out`. */
VN_MUST_USE enum vn_status vn_practice_read_file(const char *path, struct vn_buf *out,
                                                 struct vn_error *error);

/* --- scanner --------------------------------------------------------------------------------------------- */

struct vn_practice_scanner {
    int master;
    int slave; /* kept open, so that the master has no hang-up when the agent is away */
    char link[VN_PATH_MAX];
};

/* Makes the pseudo-terminal and the symlink to it at `link` (an old link is replaced). VN_IO, VN_FULL. */
VN_MUST_USE enum vn_status vn_practice_scanner_open(struct vn_practice_scanner *scanner, const char *link,
                                                    struct vn_error *error);
/* Removes the link. Does nothing when it was never opened (master < 0). */
void vn_practice_scanner_close(struct vn_practice_scanner *scanner);
/* Sends a scan: AIM identifier, data, CR. VN_IO. */
VN_MUST_USE enum vn_status vn_practice_scanner_send(struct vn_practice_scanner *scanner, const char *aim,
                                                    const char *data);
void vn_practice_scanner_drain(struct vn_practice_scanner *scanner); /* forgets what the agent sent: beeps */

/* --- the sale ---------------------------------------------------------------------------------------------- */

enum vn_practice_phase { VN_PRACTICE_IDLE, VN_PRACTICE_OPEN, VN_PRACTICE_HELD, VN_PRACTICE_DONE };

struct vn_practice {
    struct vn_clock clock;
    struct vn_practice_data data;
    struct vn_practice_scanner scanner;
    struct vn_client *client;
    const char *cable_path;     /* "": no plug to pull */
    const char *hub_admin_path; /* "": nothing can be published */
    const char *promotion_path;
    const char *pos;

    struct vn_buf reply;
    struct vn_basket basket;
    struct vn_outcome *outcome; /* owned */
    json_t *names;              /* of the promotions in it, by id; owned */
    bool quoted;
    enum vn_practice_phase phase;
    int step; /* holds of this sale that were cancelled */
    int64_t next_receipt;
    struct vn_sale_key last; /* the last sale that was committed and not given back; receipt "" if none */

    /* what came in and waits to be handled outside of the client's callbacks */
    char scans[VN_PRACTICE_QUEUE_MAX][VN_CODE_MAX];
    size_t scan_count;
    bool status_due;
    bool follow_due;
    int64_t follow_at_ns;
    int64_t sent_ns; /* when the last scan was sent; 0: answered */

    /* what the screen shows */
    char member[VN_PRACTICE_TEXT_MAX];
    int64_t points_here; /* what of his points the till may take now, by the last quote */
    char message[VN_PRACTICE_TEXT_MAX];
    bool message_bad;
    char state[VN_TAG_MAX]; /* "live", "offline", ... as the agent says */
    char reason[VN_PRACTICE_TEXT_MAX];
    int64_t ruleset;
    int64_t answer_us; /* VN_PRACTICE_NO_ANSWER: none yet */
    bool agent_there;
    bool unplugged;
    bool help;
    bool quit;
    uint64_t draw; /* state of the random item's draw */
};

void vn_practice_say(struct vn_practice *pos, bool bad, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The agent has spoken: nobody is told any more that it is away. */
void vn_practice_there(struct vn_practice *pos);

void vn_practice_scan_item(struct vn_practice *pos, const char *name); /* NULL: any */
void vn_practice_scan_code(struct vn_practice *pos, const char *name);
void vn_practice_total(struct vn_practice *pos);  /* hold, and at the second time commit */
void vn_practice_cancel(struct vn_practice *pos); /* the hold, or the open basket */
void vn_practice_points(struct vn_practice *pos); /* pay as many as allowed, or none again */
void vn_practice_void(struct vn_practice *pos);
void vn_practice_return(struct vn_practice *pos);
void vn_practice_plug(struct vn_practice *pos);
void vn_practice_publish(struct vn_practice *pos);

/* One call; `body` (may be NULL) is taken over. The parsed answer, the caller's; NULL after saying what was wrong. */
json_t *vn_practice_call(struct vn_practice *pos, const char *method, const char *path, json_t *body);
/* Outcome and member of an answer or event, as far as it has them. */
void vn_practice_take(struct vn_practice *pos, const json_t *root);
/* A product's code arrived from the agent: a line, and a quote. */
void vn_practice_scanned(struct vn_practice *pos, const char *code);

/* A line of /v1/events; only notes what has to be done. */
void vn_practice_event(struct vn_practice *pos, struct vn_view line);
/* Handles what events left: scanned goods, status. Calls the agent. */
void vn_practice_work(struct vn_practice *pos);

/* --- the screen ---------------------------------------------------------------------------------------------- */

void vn_practice_draw(const struct vn_practice *pos);

#endif
