/* Serial framing under arbitrary bytes, splits and pauses. Each input is a list of reads: a byte for its length,
 * a byte for the pause before it (in 5 ms), the bytes. Whatever comes, a scan holds 1..VN_SCAN_MAX bytes, no
 * byte is told twice, and feeding byte by byte gives the same scans. */
#include <stdlib.h>
#include <string.h>

#include "drivers/frame.h"

#define MS INT64_C(1000000)

struct sum {
    size_t scans, bytes;
    uint64_t hash; /* FNV-1a over all scans */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void on_scan(void *ctx, const struct vn_scan *scan)
{
    struct sum *sum = ctx;
    require(scan->len >= 1 && scan->len <= VN_SCAN_MAX);
    require(strlen(scan->aim) == 0 || strlen(scan->aim) == 3);
    sum->scans++;
    sum->bytes += scan->len + strlen(scan->aim);
    for (size_t i = 0; i < scan->len; i++) {
        sum->hash = (sum->hash ^ scan->data[i]) * 0x100000001b3U;
    }
}

static void on_drop(void *ctx, enum vn_frame_drop why, size_t len)
{
    struct sum *sum = ctx;
    require(vn_frame_drop_name(why)[0] != '\0' && len > 0);
    sum->bytes += len;
}

static struct sum run(const uint8_t *data, size_t size, bool bytewise)
{
    struct sum sum = {.hash = 0xcbf29ce484222325U};
    struct vn_frame frame;
    vn_frame_init(&frame, "fuzz", (struct vn_frame_sink){on_scan, on_drop, &sum});
    int64_t now_ns = 0;
    while (size >= 2) {
        size_t len = data[0] < size - 2 ? data[0] : size - 2;
        now_ns += data[1] * 5 * MS;
        data += 2;
        size -= 2;
        size_t step = bytewise ? 1 : len;
        for (size_t i = 0; i < len; i += step) {
            vn_frame_feed(&frame, vn_view_of(data + i, step), now_ns);
        }
        data += len;
        size -= len;
    }
    require(vn_frame_tick(&frame, now_ns + VN_FRAME_IDLE_MS * MS) == -1);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sum whole = run(data, size, false);
    struct sum bytes = run(data, size, true);
    require(whole.scans == bytes.scans && whole.hash == bytes.hash && whole.bytes == bytes.bytes);
    require(whole.bytes <= size);
    return 0;
}
