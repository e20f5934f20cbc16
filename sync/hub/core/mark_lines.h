/* Files beside the mark to which lines are only added: what a database that was set back has forgotten, and nobody else would
 * tell. A line is durable before what it tells of is answered. Both block on the disk. */
#ifndef VN_HUB_MARK_LINES_H
#define VN_HUB_MARK_LINES_H

#include <stddef.h>

#include "agent/base/error.h"

#define VN_MARK_LINE_MAX 256

/* Adds lines, each of which begins and ends with a line's end, so that one which was cut off does not run into it. VN_IO. */
VN_MUST_USE enum vn_status vn_mark_lines_add(const char *path, const char *text, size_t len,
                                             struct vn_error *error);

/* One line, maybe cut off, with its end. */
typedef enum vn_status (*vn_mark_line_visit)(void *ctx, const char *line);
/* No file is an empty one. VN_IO: it can't be read, "PATH can't be read (WHY)"; what `visit` says. */
VN_MUST_USE enum vn_status vn_mark_lines_read(const char *path, vn_mark_line_visit visit, void *ctx,
                                              struct vn_error *error);

#endif
