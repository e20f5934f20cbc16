/* One agent a folder: two of them would be two writers of one journal. */
#ifndef VN_STORE_CLAIM_H
#define VN_STORE_CLAIM_H

#include "agent/base/error.h"

/* Takes the folder for this process, until vn_claim_release or the process's end, however it ends. *out is the claim. Leaves an
 * empty file DIR/agent.lock. VN_CONFLICT: another agent has it; VN_ABSENT: no such folder; VN_IO: nothing can be written there. */
VN_MUST_USE enum vn_status vn_claim_folder(const char *folder, int *out, struct vn_error *error);
void vn_claim_release(int claim); /* -1 is fine */

#endif
