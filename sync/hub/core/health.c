#include "sync/hub/core/health.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/clock.h"
#include "agent/base/limits.h"
#include "sync/hub/core/clock_guard.h"

#define MORE_LOANS_MAX 48

__attribute__((format(printf, 5, 6))) static void say(struct vn_health *health, const char *code,
                                                      bool failing, int64_t since_ms, const char *format, ...)
{
    va_list args;
    if (health->count == VN_HEALTH_SENTENCES) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(health->sentences[health->count].text, sizeof health->sentences[0].text, format, args);
    va_end(args);
    health->sentences[health->count].code = code;
    health->sentences[health->count].failing = failing;
    health->sentences[health->count].since_ms = since_ms;
    health->count++;
    health->failing = health->failing || failing;
}

/* "2026-11-22 17:45 UTC" */
static const char *minute(int64_t at_ms, char out[VN_TIME_TEXT_MAX])
{
    vn_time_text(at_ms, out);
    (void)snprintf(out + 16, VN_TIME_TEXT_MAX - 16, " UTC");
    out[10] = ' ';
    return out;
}

static void judge_store(const struct vn_health_facts *facts, struct vn_health *health)
{
    char since[VN_TIME_TEXT_MAX];
    if (facts->away_since_ms != 0) {
        say(health, "database-away", true, facts->away_since_ms,
            "the database does not answer since %s%s%.90s: tills sell on and keep their sales; see that it "
            "runs "
            "and can be reached, the hub goes on by itself",
            minute(facts->away_since_ms, since), facts->away_reason == NULL ? "" : ", ",
            facts->away_reason == NULL ? "" : facts->away_reason);
    } else if (facts->trouble_since_ms != 0 && facts->trouble == VN_FULL) {
        say(health, "disk-full", true, facts->trouble_since_ms,
            "the disk of the database is full since %s: nothing is taken in, tills keep their sales; make "
            "room, the hub goes on by itself",
            minute(facts->trouble_since_ms, since));
    } else if (facts->trouble_since_ms != 0) {
        say(health, "store-failing", true, facts->trouble_since_ms,
            "nothing could be stored since %s: %.120s; look at the disk, and run verno-hub audit",
            minute(facts->trouble_since_ms, since), facts->reason);
    }
}

static void judge_backup(const struct vn_health_facts *facts, struct vn_health *health)
{
    char at[VN_TIME_TEXT_MAX];
    if (facts->standby || facts->enrolments == 0) {
        return;
    }
    if (facts->backup_ms == 0 && facts->server) {
        say(health, "no-standby", false, 0,
            "no synchronous standby is waited for, so tills keep all that they ever sent: name one in "
            "PostgreSQL's synchronous_standby_names, or make a backup and tell of it (verno-hub backup "
            "--begin)");
    } else if (facts->backup_ms == 0) {
        say(health, "no-backup", false, 0,
            "the hub knows of no backup off this machine, so tills keep all that they ever sent: "
            "verno-hub backup --to FOLDER --off-machine");
    } else if (facts->now_ms - facts->backup_ms > VN_HEALTH_BACKUP_MS) {
        say(health, "old-backup", false, facts->backup_ms,
            "the last backup off this machine is of %s: verno-hub backup %s", minute(facts->backup_ms, at),
            facts->server ? "--begin, and --told" : "--to FOLDER --off-machine");
    }
}

static void judge_clock(const struct vn_health_facts *facts, struct vn_health *health)
{
    char machine[VN_TIME_TEXT_MAX];
    char known[VN_TIME_TEXT_MAX];
    if (facts->machine_ms != 0) {
        say(health, "clock", false, 0,
            "this machine's clock says %s, by the hub's own count it is %s: set the clock; if it is right "
            "because the hub was off: verno-hub clock accept, or wait until %d tills agree with it",
            minute(facts->machine_ms, machine), minute(facts->now_ms, known), VN_CLOCK_WITNESSES);
    }
}

static void judge_requests(const struct vn_health_facts *facts, struct vn_health *health)
{
    if (facts->bad.unread > 0) {
        say(health, "bad-requests", false, 0,
            "%lld %s within these two hours can't be read, the last one of %s (%d): %s",
            (long long)facts->bad.unread, facts->bad.unread == 1 ? "request of a till" : "requests of tills",
            facts->bad_till, facts->bad_status,
            facts->bad_status == 426 ? "it is newer than the hub: upgrade the hub"
                                     : "look whether it is damaged, or somebody else who has its key");
    }
    if (facts->bad.slow > VN_HEALTH_SLOW_MAX) {
        say(health, "slow-clients", false, 0,
            "%lld requests within these two hours did not come in time and were let go: a bad line, or "
            "somebody who "
            "holds connections open; the log says whose (http_refused)",
            (long long)facts->bad.slow);
    }
}

static void judge_certificates(const struct vn_health_facts *facts, struct vn_health *health)
{
    const struct vn_ca_look *keys = &facts->keys;
    const char *how = keys->one_key ? "verno-hub ca split" : "verno-hub ca renew --root FILE";
    char until[VN_TIME_TEXT_MAX];
    if (facts->now_ms >= keys->issuing_until_ms) {
        say(health, "issuing-certificate", true, keys->issuing_until_ms,
            "the certificate that signs tills and the hub ended %s, and theirs with it: tills sell on and "
            "keep "
            "their sales; bring the root's key: %s",
            minute(keys->issuing_until_ms, until), how);
    } else if (keys->issuing_due) {
        say(health, "issuing-certificate", false, 0,
            "the certificate that signs tills and the hub ends %s, and none of theirs is longer: bring the "
            "root's key for another one: %s",
            minute(keys->issuing_until_ms, until), how);
    }
    if (keys->server_until_ms == 0) {
        say(health, "server-certificate", false, 0,
            "server.pem is missing or no certificate, so the hub could not start again: verno-hub ca server "
            "--host NAME makes another one");
    } else if (facts->now_ms >= keys->server_until_ms && facts->now_ms < keys->issuing_until_ms) {
        say(health, "server-certificate", true, keys->server_until_ms,
            "the hub's own certificate ended %s and was not renewed: tills sell on and keep their sales; the "
            "log says why (certificates_failed)",
            minute(keys->server_until_ms, until));
    } else if (keys->server_due) {
        say(health, "server-certificate", false, 0,
            "the hub's own certificate ends %s and was not renewed, though it is time: the log says why "
            "(certificates_failed)",
            minute(keys->server_until_ms, until));
    }
}

static void judge_root_key(const struct vn_health_facts *facts, struct vn_health *health)
{
    const struct vn_ca_look *keys = &facts->keys;
    char since[VN_TIME_TEXT_MAX];
    if (keys->root_key_ms != 0 && facts->now_ms - keys->root_key_ms > VN_HEALTH_KEY_MS) {
        say(health, "root-key", false, keys->root_key_ms,
            "the root's key lies beside the hub since %s (offline/root.key), and whoever breaks in there can "
            "be "
            "the hub and every till: keep it in two safes, and delete it here",
            minute(keys->root_key_ms, since));
    }
    if (keys->old_key_ms != 0 && facts->now_ms - keys->old_key_ms > VN_HEALTH_KEY_MS) {
        say(health, "root-key", false, keys->old_key_ms,
            keys->one_key ? "the key of the chain's root lies beside the hub (ca.key), and whoever breaks in "
                            "there can be the hub and every till: verno-hub ca split makes one that can be "
                            "taken away"
                          : "the key of the old root still lies beside the hub (ca.key): verno-hub ca retire "
                            "ends it, or says how many tills have to renew before");
    }
}

static void judge_posting(const struct vn_health_facts *facts, struct vn_health *health)
{
    char since[VN_TIME_TEXT_MAX];
    if (facts->unposted_since_ms != 0 && health->count == 0) { /* else it is told above */
        say(health, "posting-fails", true, facts->unposted_since_ms,
            "nothing is posted since %s, %.90s: tills sell on and are granted no rights, and balances stay "
            "as "
            "they were; look at the disk and at the log (posting_failed)",
            minute(facts->unposted_since_ms, since), facts->unposted_reason);
    }
    if (facts->backlog > VN_HEALTH_LAG_MAX) {
        say(health, "posting-lags", false, 0,
            "%lld entries are taken in and not posted yet, so balances are behind: wait, or look whether the "
            "disk is too slow",
            (long long)facts->backlog);
    }
    if (facts->still > 0) {
        say(health, "posting-stands-still", false, 0,
            "entries of %lld %s, %s for one, are kept but can't be posted: the log says why "
            "(posting_stands_still); run verno-hub audit, and look at the disk",
            (long long)facts->still, facts->still == 1 ? "till" : "tills", facts->still_till);
    }
}

/* `text`: " (one of 3 such loans)", or nothing. */
static const char *more_loans(const struct vn_health_loan *loan, char text[static MORE_LOANS_MAX])
{
    text[0] = '\0';
    if (loan->count > 1) {
        (void)snprintf(text, MORE_LOANS_MAX, " (one of %lld such loans)", (long long)loan->count);
    }
    return text;
}

static void judge_loans(const struct vn_health_facts *facts, struct vn_health *health)
{
    const struct vn_health_loan *loan = &facts->untold;
    const struct vn_health_loan *left = &facts->unended;
    char more[MORE_LOANS_MAX];
    if (loan->count > 0) {
        say(health, "untold-loans", false, 0,
            "till %s has %lld %s that it says till %s lent%s, %s: ask at both, one may have made it up; "
            "verno-hub till revoke stops them, till write-off of the lender ends it",
            loan->borrower, (long long)loan->amount, loan->what, loan->lender, more_loans(loan, more),
            loan->heard ? "which was heard since and tells of none" : "which tells of none for a week");
    }
    if (left->count > 0) {
        say(health, "unended-loans", false, 0,
            "till %s, which is gone, lent %lld %s to till %s, which has not said whether it took them%s: "
            "%s%s",
            left->lender, (long long)left->amount, left->what, left->borrower, more_loans(left, more),
            left->ended[0] != '\0'
                ? "it was enrolled anew or revoked since, and that enrolment is ended by "
                  "verno-hub till write-off "
                : "the roster asks it; start it, or upgrade an old one, and look at its log; when "
                  "it is gone as well, verno-hub till write-off ends it",
            left->ended);
    }
}

void vn_health_judge(const struct vn_health_facts *facts, struct vn_health *out)
{
    memset(out, 0, sizeof *out);
    judge_store(facts, out);
    judge_posting(facts, out);
    judge_clock(facts, out);
    judge_requests(facts, out);
    judge_loans(facts, out);
    if (facts->quarantined > 0) {
        say(out, "quarantine", false, 0, "%lld %s in quarantine: verno-hub quarantine list says why",
            (long long)facts->quarantined, facts->quarantined == 1 ? "entry is" : "entries are");
    }
    if (facts->differing > 0) {
        say(out, "differing", false, 0,
            "%lld %s of these seven days came out otherwise when quoted again: verno-hub sales --differing "
            "says how; what the till printed stays posted",
            (long long)facts->differing, facts->differing == 1 ? "receipt" : "receipts");
    }
    if (facts->branches > 0) {
        say(out, "branches", false, 0,
            "%lld %s set back or copied and must enrol anew: verno-hub fleet says which",
            (long long)facts->branches, facts->branches == 1 ? "till was" : "tills were");
    }
    if (facts->unshown > 0) {
        say(out, "unshown", false, 0,
            "%lld %s not shown since the hub was set back what was granted there, so it grants nothing: "
            "verno-hub fleet says which; start these tills (one that runs says why on verno status: it may "
            "want a newer backup), or verno-hub till write-off what is gone",
            (long long)facts->unshown, facts->unshown == 1 ? "enrolment has" : "enrolments have");
    }
    judge_backup(facts, out);
    if (facts->keys.issuing_until_ms != 0) {
        judge_certificates(facts, out);
        judge_root_key(facts, out);
    }
}

json_t *vn_health_json(const struct vn_health *health)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < health->count; i++) {
        (void)json_array_append_new(list, json_pack("{s:s, s:b, s:I, s:s}", "code", health->sentences[i].code,
                                                    "failing", health->sentences[i].failing ? 1 : 0,
                                                    "since_ms", (json_int_t)health->sentences[i].since_ms,
                                                    "text", health->sentences[i].text));
    }
    return json_pack("{s:s, s:o}", "status",
                     health->failing     ? "failing"
                     : health->count > 0 ? "warning"
                                         : "ok",
                     "sentences", list);
}
