/* One question to the agent of a till's folder, for the verbs that ask it. */
#ifndef VN_CLI_AGENT_CALL_H
#define VN_CLI_AGENT_CALL_H

#include "agent/base/bytes.h"

/* GET `path` from <folder>/pos.sock, or from `socket` if it is not NULL. Prints a sentence of `verb` to standard error and
 * returns false when there is no answer with status 200. `reply` is initialised here; the caller deinits it in both
 * cases. */
bool vn_agent_get(const char *verb, const char *folder, const char *socket, const char *path,
                  struct vn_buf *reply);

#endif
