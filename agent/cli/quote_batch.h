/* Many quotes, one request a line. */
#ifndef VN_CLI_QUOTE_BATCH_H
#define VN_CLI_QUOTE_BATCH_H

#include "agent/cli/quote_papers.h"

/* Reads requests (vn_desk_quote) from a file, or standard input for "-", and prints for each an outcome, or
 * {"line":n,"error":sentence,"pointer":place}. `place` stands where a request names none; NULL: nowhere. Memory does not
 * grow with their number. Returns the exit status: 1 when any failed, with a sentence on standard error. */
int vn_quote_batch(const char *verb, const char *path, const char *place, struct vn_desk *desk);

#endif
