/* A second look into journal.db, for the thread that looks cards up: read-only, never checkpointing, and never behind an entry
 * that is being written, a batch that is read, or pruning.
 *
 * Between begin and end all answers are of one state of the journal. Begin first and read the cache after it: a row that came
 * later includes more, while a row that came earlier could lack what was pruned meanwhile. One thread; everything blocks on the
 * disk, and waits for nobody. */
#ifndef VN_STORE_JOURNAL_READER_H
#define VN_STORE_JOURNAL_READER_H

#include "agent/store/journal.h"

struct vn_journal_reader; /* opaque */

/* The journal is open elsewhere, which brought it to its present schema. VN_ABSENT, VN_IO, VN_NOMEM. */
VN_MUST_USE enum vn_status vn_journal_reader_open(const char *path, const char *vfs,
                                                  struct vn_journal_reader **out, struct vn_error *error);
void vn_journal_reader_close(struct vn_journal_reader *reader);

VN_MUST_USE enum vn_status vn_journal_reader_begin(struct vn_journal_reader *reader);
void vn_journal_reader_end(struct vn_journal_reader *reader);

/* Points that this till gave or took and a member's row does not include: of his account above included_seq, and of his
 * cards while nobody knew whose they are. */
VN_MUST_USE enum vn_status vn_journal_reader_points(struct vn_journal_reader *reader, const char *account,
                                                    int64_t included_seq, const struct vn_hash *cards,
                                                    unsigned card_count, int64_t *out);
/* The same for a card that the cache does not have: all there ever were. */
VN_MUST_USE enum vn_status vn_journal_reader_unknown(struct vn_journal_reader *reader,
                                                     const struct vn_hash *card, int64_t *out);
VN_MUST_USE enum vn_status vn_journal_reader_counters(struct vn_journal_reader *reader, const char *account,
                                                      struct vn_counters *out);
/* As vn_journal_available, vn_journal_risked and vn_journal_earned. */
VN_MUST_USE enum vn_status vn_journal_reader_available(struct vn_journal_reader *reader, const char *from,
                                                       const char *to, struct vn_counters *out, size_t max,
                                                       size_t *count);
VN_MUST_USE enum vn_status vn_journal_reader_risked(struct vn_journal_reader *reader, const char *member,
                                                    int64_t *out);
VN_MUST_USE enum vn_status vn_journal_reader_earned(struct vn_journal_reader *reader, const char *who,
                                                    int64_t now_ms, int64_t *out);

#endif
