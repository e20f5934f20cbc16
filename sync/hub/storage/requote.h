/* How far posted receipts were quoted again, and what came of it: a place in each journal, sums, and a row for each receipt that
 * came out otherwise (requote.h). */
#ifndef VN_HUB_STORAGE_REQUOTE_H
#define VN_HUB_STORAGE_REQUOTE_H

#include "sync/hub/storage/storage.h"

/* A journal with posted entries that were not looked at. */
struct vn_requote_place {
    int64_t enrolment;
    char store[VN_ID_MAX];
    char till[VN_ID_MAX];
    bool branch;        /* it was handed in: what the hub had already was not posted */
    int64_t seq;        /* looked at up to here */
    int64_t posted_seq; /* > seq */
};
/* Those above enrolment `after`, at most `max`, by number. */
VN_MUST_USE enum vn_status vn_storage_requote_places(struct vn_storage *storage, int64_t after, unsigned max,
                                                     struct vn_requote_place *out, unsigned *count);
/* Entries that are posted and were not looked at. */
VN_MUST_USE enum vn_status vn_storage_requote_lag(struct vn_storage *storage, int64_t *entries);
/* Looked at up to `to` now. VN_ABSENT: it was not at `from` any more, another hub was faster. */
VN_MUST_USE enum vn_status vn_storage_requote_move(struct vn_storage *storage, int64_t enrolment,
                                                   int64_t from, int64_t to);
/* The first entry above `seq` that is kept. VN_ABSENT: none is. */
VN_MUST_USE enum vn_status vn_storage_requote_kept(struct vn_storage *storage, int64_t enrolment, int64_t seq,
                                                   int64_t *out);

/* Receipts that were in quarantine when they were looked at. */
VN_MUST_USE enum vn_status vn_storage_requote_wait(struct vn_storage *storage, int64_t enrolment,
                                                   int64_t seq);
/* VN_ABSENT: it does not wait any more, another hub was faster. */
VN_MUST_USE enum vn_status vn_storage_requote_waited(struct vn_storage *storage, int64_t enrolment,
                                                     int64_t seq);
struct vn_requote_decided {
    struct vn_requote_place place; /* its seq is the entry; no posted_seq */
    bool released;                 /* else it was given up */
};
/* Those of them that people or the hub have decided on, at most `max`. */
VN_MUST_USE enum vn_status vn_storage_requote_decided(struct vn_storage *storage, unsigned max,
                                                      struct vn_requote_decided *out, unsigned *count);
/* Numbers of an enrolment's entries from `first` to `last` that wait in quarantine, or were given up; at most `max`, in order. */
struct vn_requote_quarantined {
    int64_t seq;
    bool open;
};
VN_MUST_USE enum vn_status vn_storage_requote_quarantined(struct vn_storage *storage, int64_t enrolment,
                                                          int64_t first, int64_t last, unsigned max,
                                                          struct vn_requote_quarantined *out,
                                                          unsigned *count);

/* A receipt that came out otherwise. */
struct vn_differing_row {
    int64_t enrolment;
    int64_t seq;
    int64_t found_ms;
    char till[VN_ID_MAX];
    struct vn_sale_key sale;
    int64_t at_ms;             /* by the till's clock */
    int64_t earned[2];         /* points: as committed, and as it comes out here */
    int64_t spent[2];          /* likewise */
    int64_t discount_minor[2]; /* likewise */
    char pointer[VN_JSON_POINTER_MAX];
    char text[VN_ERROR_TEXT_MAX];
};
#define VN_FLAG_DIFFERING "requote-differs" /* on its sale */
/* Adds it and flags its sale. */
VN_MUST_USE enum vn_status vn_storage_differing_put(struct vn_storage *storage,
                                                    const struct vn_differing_row *row);
typedef enum vn_status (*vn_differing_visit)(void *ctx, const struct vn_differing_row *row);
/* till "": all; the newest VN_REPORT_ROWS_MAX, in the order in which they were found. */
VN_MUST_USE enum vn_status vn_storage_differing(struct vn_storage *storage, const char *till,
                                                vn_differing_visit visit, void *ctx);
/* How many were found since. */
VN_MUST_USE enum vn_status vn_storage_differing_since(struct vn_storage *storage, int64_t since_ms,
                                                      int64_t *out);

/* Forgets up to `max` that were found before. *more: call again. */
VN_MUST_USE enum vn_status vn_storage_differing_forget(struct vn_storage *storage, int64_t before_ms,
                                                       unsigned max, bool *more);

/* Sums of the hub, by name ("same"). */
VN_MUST_USE enum vn_status vn_storage_requote_count(struct vn_storage *storage, const char *name, int64_t by);
VN_MUST_USE enum vn_status vn_storage_requote_counted(struct vn_storage *storage, const char *name,
                                                      int64_t *out);

#endif
