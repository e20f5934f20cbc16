/* What the parts of toolchain/bench share: card numbers, a ruleset and a catalogue of a given size, percentiles, and a
 * blocking client of the local API that adds as little as possible to what it times.
 *
 * These programs are for one purpose and end with a message on standard error when anything fails: bench_die. */
#ifndef VN_TESTS_BENCH_H
#define VN_TESTS_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "agent/base/bytes.h"
#include "agent/loyalty/basket.h"

#define BENCH_CARD_SIZE  16
#define BENCH_CATALOGUE  500
#define BENCH_PROMOTIONS 100
#define BENCH_LINE_MAX   ((size_t)256 * 1024)

_Noreturn void bench_die(const char *what, const char *why);

int64_t bench_now_ns(void);
void bench_pause_us(long us);

/* Card n: "2990", n as eight digits, the EAN-13 check digit. */
void bench_card(long n, char out[BENCH_CARD_SIZE]);
/* The balance that bench_till gave the member of card n. */
long bench_balance(long n);
/* Item n of the catalogue, n below BENCH_CATALOGUE. */
void bench_item(unsigned n, struct vn_item *out);
/* The text of a ruleset with so many promotions on that catalogue. */
void bench_ruleset(unsigned promotions, struct vn_buf *out);

/* Sorts, and prints "name":{"count":..,"min":..,"p50":..,"p99":..,"max":..} and `end`; nanoseconds. */
void bench_print(const char *name, int64_t *times, size_t count, const char *end);

/* A connection to the local API; -1 when nobody listens. */
int bench_connect(const char *socket_path);
/* One request, one reply with a Content-Length, read whole; `reply` gets the body, cut to its size, as a string. The HTTP
 * status, or -1. `body` NULL: a GET. */
int bench_call(int fd, const char *path, const char *body, char *reply, size_t reply_size);

/* A stream of one JSON object a line; each line is its own chunk, as the agent writes them. */
struct bench_stream {
    int fd;
    size_t len;
    char bytes[BENCH_LINE_MAX];
};
void bench_stream_open(struct bench_stream *stream, const char *socket_path, const char *path);
/* The next line, NUL-terminated, without what surrounds it. Valid until the next call. NULL after wait_ms. */
const char *bench_stream_next(struct bench_stream *stream, int wait_ms);

#endif
