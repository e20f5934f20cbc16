/* The tables. They are written once, in words that SQLite takes as they are and that the other driver replaces
 * (vn_schema_translate).
 *
 * Before each table stands its distribution key, as "-- key: column": past one machine its rows are spread by that column, so it
 * is part of the table's primary key. "-- key: none" is a small table that every machine has whole. */
#ifndef VN_HUB_STORAGE_SCHEMA_H
#define VN_HUB_STORAGE_SCHEMA_H

#include "agent/base/bytes.h"
#include "agent/base/status.h"

#define VN_SCHEMA_VERSION 25
#define VN_SCHEMA_FIRST   2 /* the version that a new PostgreSQL database begins with */

/* Element i brings a hub.db from version i to i + 1; a new one goes through all of them. */
extern const char *const vn_schema_sqlite[VN_SCHEMA_VERSION];
/* Element i brings a PostgreSQL database from nothing (i is 0), or from version VN_SCHEMA_FIRST + i - 1, one further. */
extern const char *const vn_schema_common[VN_SCHEMA_VERSION - VN_SCHEMA_FIRST + 1];

/* One of these in PostgreSQL's words; VN_NOMEM. */
VN_MUST_USE enum vn_status vn_schema_translate(const char *text, struct vn_buf *out);

#endif
