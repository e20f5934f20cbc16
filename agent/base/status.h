/* What a function can say about how it went.
 *
 * One enum for the whole project, so that a status can be handed on unchanged. Each value says what the
 * caller does next: a bug is mended, a passing fault is retried, bad input is refused, a broken disk stops
 * the program. */
#ifndef VN_BASE_STATUS_H
#define VN_BASE_STATUS_H

enum vn_status {
    VN_OK = 0,  /* done */
    VN_ARG,     /* the caller's bug: an argument that can't be right; mend the code */
    VN_INPUT,   /* outside input breaks its format or a limit; refuse it and say where */
    VN_IO,      /* the operating system, disk or line failed; degrade or retry, details in vn_error */
    VN_GONE,    /* device or peer is no longer there; reconnect with back-off */
    VN_TIMEOUT, /* no answer in time; retry later */
    VN_AGAIN,   /* nothing to do just now, or a queue is full for the moment; come back on the next event */
    VN_CORRUPT, /* stored data or a signature contradicts itself; stop trusting it */
    VN_FULL,    /* a limit of limits.h or the disk is reached; refuse the operation, keep what is there */
    VN_DENIED,  /* not allowed: rights, certificate, permission */
    VN_UNSUPPORTED, /* a newer or foreign format; skip it and report */
    VN_NOMEM,       /* allocation failed */
    VN_ABSENT,      /* looked for and not found; often a normal answer */
    VN_CONFLICT,    /* the same key with other content; a finding, never overwritten */
};

/* The value's name in lower case ("timeout"), for logs and JSON. Static storage; never NULL. */
const char *vn_status_name(enum vn_status status);

#define VN_MUST_USE __attribute__((warn_unused_result))

#endif
