/* One agent a folder: two of them would be two writers of one journal. */
#ifndef VN_STORE_CLAIM_H
#define VN_STORE_CLAIM_H

#include <stdbool.h>

#include "agent/base/error.h"

/* Takes the folder for this process, until vn_claim_release or the process's end, however it ends. *out is the claim. Leaves a
 * file DIR/agent.lock. VN_CONFLICT: another agent has it; VN_ABSENT: no such folder; VN_IO: nothing can be written there. */
VN_MUST_USE enum vn_status vn_claim_folder(const char *folder, int *out, struct vn_error *error);
void vn_claim_release(int claim); /* -1 is fine */

/* Why who has the folder can't go on, for who asks in vain later; "": nothing is wrong. Where nothing can be written it is not
 * noted: the log has it all the same. */
void vn_claim_note(int claim, const char *why);
/* The same for who has made good what was noted, when no agent runs. */
void vn_claim_forget(const char *folder);
/* What was noted last; false: nothing. */
bool vn_claim_noted(const char *folder, char out[VN_ERROR_TEXT_MAX]);

#endif
