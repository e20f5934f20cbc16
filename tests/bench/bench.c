#include "tests/bench/bench.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

_Noreturn void bench_die(const char *what, const char *why)
{
    (void)fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

int64_t bench_now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void bench_pause_us(long us)
{
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    while (nanosleep(&pause, &pause) != 0 && errno == EINTR) {
    }
}

/* --- cards, goods, rules ------------------------------------------------------------------------------------------ */

static void add_check_digit(char number[BENCH_CARD_SIZE])
{
    int sum = 0;
    for (int i = 0; i < 12; i++) {
        sum += (number[i] - '0') * (i % 2 == 0 ? 1 : 3);
    }
    number[12] = (char)('0' + (10 - sum % 10) % 10);
    number[13] = '\0';
}

void bench_card(long n, char out[BENCH_CARD_SIZE])
{
    (void)snprintf(out, BENCH_CARD_SIZE, "2990%08ld", n);
    add_check_digit(out);
}

long bench_balance(long n)
{
    return 100 + n % 900;
}

void bench_item(unsigned n, struct vn_item *out)
{
    memset(out, 0, sizeof *out);
    out->known = true;
    (void)snprintf(out->code, sizeof out->code, "40063810%04u", n);
    add_check_digit(out->code);
    (void)snprintf(out->name, sizeof out->name, "Coffee beans no. %u, 500 g", n);
    (void)snprintf(out->category, sizeof out->category, "food/coffee/roast-%u", n % 10);
    (void)snprintf(out->brand, sizeof out->brand, "brand-%u", n % 7);
    (void)snprintf(out->legal_class, sizeof out->legal_class, "general");
    (void)snprintf(out->tags[0], sizeof out->tags[0], "tag-%u", n % 50);
    out->tag_count = 1;
    out->price_minor = 10000 + n * 37;
}

static void promotion(unsigned n, struct vn_buf *out)
{
    static const char *const kinds[] = {
        "\"group\":\"shelf\",\"then\":{\"kind\":\"percent_off\",\"selector\":{\"tags\":[\"tag-%u\"]},\"rate_"
        "bp\":1500}}\n",
        "\"group\":\"shelf\",\"then\":{\"kind\":\"amount_off\",\"selector\":{\"tags\":[\"tag-%u\"]},\"amount_"
        "minor\":500}}\n",
        "\"group\":\"shelf\",\"then\":{\"kind\":\"nth_free\",\"selector\":{\"tags\":[\"tag-%u\"]},\"n\":3,"
        "\"free\":1}}\n",
        "\"group\":\"points\",\"then\":{\"kind\":\"points_multiplier\",\"selector\":{\"tags\":[\"tag-%u\"]},"
        "\"times_bp\":20000}}\n",
    };
    enum vn_status status = vn_buf_printf(
        out, "{\"id\":\"p%u\",\"name\":{\"en\":\"Promotion %u\"},\"priority\":%u,", n, n, n % 10);
    char rest[256];
    const char *kind = kinds[n % 4];
    const char *gap = strstr(kind, "%u");
    (void)snprintf(rest, sizeof rest, "%.*s%u%s", (int)(gap - kind), kind, n % 50, gap + 2);
    if (status != VN_OK || vn_buf_append_str(out, rest) != VN_OK) {
        bench_die("ruleset", "out of memory");
    }
}

void bench_ruleset(unsigned promotions, struct vn_buf *out)
{
    static const char header[] =
        "{\"ruleset\":1,\"engine\":1,\"currency\":\"RSD\",\"exponent\":2,\"utc_offset_min\":60,\"law\":"
        "\"none\","
        "\"wallet\":{\"exponent\":0,\"worth\":{\"points\":1,\"minor\":100},\"spend_min\":100,\"spend_step\":"
        "50,"
        "\"spend_share_bp\":5000},\"earning\":{\"points\":1,\"per_minor\":10000},"
        "\"groups\":[{\"id\":\"shelf\",\"stage\":\"units\",\"base\":\"list\",\"choice\":\"first\"},"
        "{\"id\":\"points\",\"stage\":\"earning\",\"choice\":\"all\"}],"
        "\"cards\":[{\"prefix\":\"2990\",\"length\":13}],\"coupons\":[{\"prefix\":\"2991\",\"length\":13}]}"
        "\n";
    if (vn_buf_append_str(out, header) != VN_OK) {
        bench_die("ruleset", "out of memory");
    }
    for (unsigned n = 0; n < promotions; n++) {
        promotion(n, out);
    }
}

/* --- figures ------------------------------------------------------------------------------------------------------ */

static int by_time(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

void bench_print(const char *name, int64_t *times, size_t count, const char *end)
{
    qsort(times, count, sizeof times[0], by_time);
    (void)printf("\"%s\":{\"count\":%zu,\"min\":%lld,\"p50\":%lld,\"p99\":%lld,\"max\":%lld}%s", name, count,
                 (long long)times[0], (long long)times[count / 2], (long long)times[count * 99 / 100],
                 (long long)times[count - 1], end);
}

/* --- the local API ------------------------------------------------------------------------------------------------ */

int bench_connect(const char *socket_path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || strlen(socket_path) >= sizeof address.sun_path) {
        bench_die("socket", "its path is too long, or there are no descriptors left");
    }
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool send_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

static bool send_request(int fd, const char *path, const char *body)
{
    static char request[BENCH_LINE_MAX];
    int len = snprintf(request, sizeof request,
                       "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                       "Content-Length: %zu\r\n\r\n%s",
                       body == NULL ? "GET" : "POST", path, body == NULL ? 0 : strlen(body),
                       body == NULL ? "" : body);
    return len > 0 && (size_t)len < sizeof request && send_all(fd, request, (size_t)len);
}

/* Bytes of head and body once the whole head is there; 0 before. */
static size_t whole_length(const char *bytes, size_t *head)
{
    const char *end = strstr(bytes, "\r\n\r\n");
    const char *length = strstr(bytes, "ontent-"); /* Content-Length, in either case */
    while (end != NULL && length != NULL && length < end) {
        if (strncmp(length + 7, "Length:", 7) == 0 || strncmp(length + 7, "length:", 7) == 0) {
            *head = (size_t)(end - bytes) + 4;
            return *head + (size_t)strtoul(length + 14, NULL, 10);
        }
        length = strstr(length + 1, "ontent-");
    }
    return 0;
}

int bench_call(int fd, const char *path, const char *body, char *reply, size_t reply_size)
{
    static char bytes[BENCH_LINE_MAX * 4];
    size_t len = 0;
    size_t head = 0;
    size_t whole = 0;
    if (!send_request(fd, path, body)) {
        return -1;
    }
    while (whole == 0 || len < whole) {
        ssize_t got = recv(fd, bytes + len, sizeof bytes - 1 - len, 0);
        if (got <= 0) {
            return -1;
        }
        len += (size_t)got;
        bytes[len] = '\0';
        if (whole == 0) {
            whole = whole_length(bytes, &head);
        }
    }
    (void)snprintf(reply, reply_size, "%s", bytes + head);
    return len > 12 ? (int)strtol(bytes + 9, NULL, 10) : -1;
}

/* --- streams ------------------------------------------------------------------------------------------------------ */

void bench_stream_open(struct bench_stream *stream, const char *socket_path, const char *path)
{
    stream->len = 0;
    stream->fd = bench_connect(socket_path);
    if (stream->fd < 0 || !send_request(stream->fd, path, NULL)) {
        bench_die("stream", "the agent does not answer");
    }
}

const char *bench_stream_next(struct bench_stream *stream, int wait_ms)
{
    static char line[BENCH_LINE_MAX];
    for (;;) {
        stream->bytes[stream->len] = '\0';
        char *end = strstr(stream->bytes, "}\n");
        char *begin = strchr(stream->bytes, '{');
        if (end != NULL && begin != NULL) {
            (void)snprintf(line, sizeof line, "%.*s", (int)(end + 1 - begin), begin);
            size_t used = (size_t)(end + 2 - stream->bytes);
            stream->len -= used;
            memmove(stream->bytes, stream->bytes + used, stream->len);
            return line;
        }
        struct pollfd ready = {.fd = stream->fd, .events = POLLIN};
        if (poll(&ready, 1, wait_ms) <= 0) {
            return NULL;
        }
        ssize_t got =
            recv(stream->fd, stream->bytes + stream->len, sizeof stream->bytes - 1 - stream->len, 0);
        if (got <= 0) {
            bench_die("stream", "the agent hung up");
        }
        stream->len += (size_t)got;
    }
}
