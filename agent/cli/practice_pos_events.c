#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/json.h"
#include "agent/cli/practice_pos.h"
#include "agent/loyalty/loyalty_json.h"

#define PUBLISH_PATH "/admin/publish" /* docs/hub.md */

/* --- keys: the world outside ------------------------------------------------------------------------------------ */

void vn_practice_plug(struct vn_practice *pos)
{
    if (pos->cable_path[0] == '\0') {
        vn_practice_say(pos, true, "There is no plug here (--cable)");
        return;
    }
    if (pos->unplugged) {
        if (unlink(pos->cable_path) != 0 && errno != ENOENT) {
            vn_practice_say(pos, true, "%s: %s", pos->cable_path, strerror(errno));
            return;
        }
        vn_practice_say(pos, false, "The network plug is in again");
    } else {
        int fd = open(pos->cable_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0) {
            vn_practice_say(pos, true, "%s: %s", pos->cable_path, strerror(errno));
            return;
        }
        close(fd);
        vn_practice_say(pos, false, "The network plug is out: go on selling");
    }
    pos->unplugged = !pos->unplugged;
}

void vn_practice_publish(struct vn_practice *pos)
{
    if (pos->hub_admin_path[0] == '\0' || pos->promotion_path[0] == '\0') {
        vn_practice_say(pos, true, "There is nothing to publish here (--hub-admin, --promotion)");
        return;
    }
    struct vn_error error = {0};
    struct vn_client *hub = NULL;
    struct vn_buf text;
    vn_buf_init(&text, VN_PRACTICE_FILE_MAX);
    int http = 0;
    enum vn_status status = vn_practice_read_file(pos->promotion_path, &text, &error);
    if (status == VN_OK) {
        status = vn_client_open(pos->hub_admin_path, &hub, &error);
    }
    if (status == VN_OK) {
        status = vn_client_call(hub, "POST", PUBLISH_PATH, vn_buf_view(&text), VN_PRACTICE_CALL_MS, &http,
                                &pos->reply, &error);
    }
    if (status == VN_OK && http != 200) {
        vn_client_problem(http, vn_buf_view(&pos->reply), &error);
    }
    if (status != VN_OK || http != 200) {
        vn_practice_say(pos, true, "Not published: %s", error.text);
    } else {
        vn_practice_say(pos, false, "Published at the hub; on its way to the tills");
    }
    vn_client_close(hub);
    vn_buf_deinit(&text);
}

/* --- what the agent says by itself ---------------------------------------------------------------------------------- */

static void note_card(struct vn_practice *pos, const char *state)
{
    static const struct {
        const char *state, *text;
        bool bad;
    } texts[] = {
        {"known", "The card is known", false},
        {"new", "A card of ours that this till doesn't know yet: it earns", false},
        {"blocked", "This card is blocked", true},
        {"foreign", "Not a card of ours", true},
        {"damaged", "The card can't be read: scan again, or type it", true},
        {"payment", "A bank card in the scanner: forgotten at once", true},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (strcmp(texts[i].state, state) == 0) {
            vn_practice_say(pos, texts[i].bad, "%s", texts[i].text);
        }
    }
}

static void note_arrival(struct vn_practice *pos)
{
    if (pos->sent_ns != 0) {
        pos->answer_us = (vn_clock_mono_ns(&pos->clock) - pos->sent_ns) / 1000;
        pos->sent_ns = 0;
    }
}

void vn_practice_event(struct vn_practice *pos, struct vn_view line)
{
    struct vn_error error = {0};
    json_t *root = NULL;
    if (vn_json_parse(line, &root, &error) != VN_OK) {
        return;
    }
    struct vn_json_in in = vn_json_root(root, &error);
    char event[VN_TAG_MAX] = "", text[VN_CODE_MAX] = "";
    vn_json_str(&in, "event", VN_REQUIRED, event, sizeof event);
    if (strcmp(event, "scan") == 0) {
        note_arrival(pos);
        vn_json_str(&in, "code", VN_REQUIRED, text, sizeof text);
        if (error.status == VN_OK && pos->scan_count < VN_PRACTICE_QUEUE_MAX) {
            memcpy(pos->scans[pos->scan_count++], text, sizeof text);
        }
    } else if (strcmp(event, "card") == 0) {
        note_arrival(pos);
        vn_json_str(&in, "state", VN_REQUIRED, text, sizeof text);
        note_card(pos, text);
    } else if (strcmp(event, "outcome") == 0) {
        struct vn_sale_key key;
        vn_sale_key_read(&in, "sale", &key);
        if (error.status == VN_OK && pos->phase == VN_PRACTICE_OPEN &&
            vn_sale_key_equal(&key, &pos->basket.key)) {
            vn_practice_take(pos, root);
        }
    } else if (strcmp(event, "network") == 0 || strcmp(event, "ruleset") == 0) {
        pos->status_due = true;
    }
    json_decref(root);
}

static void read_status(struct vn_practice *pos)
{
    int64_t answer_us = pos->answer_us; /* this call is not the cashier's */
    json_t *root = vn_practice_call(pos, "GET", "/v1/status", NULL);
    pos->answer_us = answer_us;
    if (!root) {
        return;
    }
    struct vn_error error = {0};
    struct vn_json_in in = vn_json_root(root, &error);
    pos->reason[0] = '\0';
    vn_json_str(&in, "state", VN_OPTIONAL, pos->state, sizeof pos->state);
    vn_json_str(&in, "reason", VN_OPTIONAL, pos->reason, sizeof pos->reason);
    int64_t before = pos->ruleset;
    vn_json_int(&in, "ruleset", VN_OPTIONAL, 0, INT64_MAX, &pos->ruleset);
    if (before > 0 && pos->ruleset > before) {
        vn_practice_say(pos, false, "Ruleset %lld is here: the next receipt has it", (long long)pos->ruleset);
    }
    json_decref(root);
}

void vn_practice_work(struct vn_practice *pos)
{
    while (pos->scan_count > 0) {
        char code[VN_CODE_MAX];
        memcpy(code, pos->scans[0], sizeof code);
        pos->scan_count--;
        memmove(pos->scans[0], pos->scans[1], pos->scan_count * sizeof pos->scans[0]);
        vn_practice_scanned(pos, code);
    }
    if (pos->status_due) {
        pos->status_due = false;
        read_status(pos);
    }
}
