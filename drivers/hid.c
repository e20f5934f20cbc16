/* A report descriptor is a small program: items that set global state (page, size, count, report id), items
 * that name the next field's usages, and main items that lay the field down behind what the report has so far
 * (USB HID 1.11, section 6.2.2). Real ones push and pop state, name ranges, give more fields than usages (the
 * last one repeats) and carry collections for keyboards and vendors' own reports beside the scanner's.
 *
 * What we want is few: which input report carries Decoded Data, and at which bit length, AIM identifier, data
 * and the continued flag stand in it; and which output report beeps. The descriptor is walked twice: once to
 * learn the report id of the data, once to note the fields of that report. Ranges are never counted out one
 * by one, so that a hostile descriptor costs no more than its length. */
#include "drivers/hid.h"

#include <string.h>

#define USAGE_BYTE_COUNT 0x0001003bU
#define USAGE_BEEP_ERROR 0x008c0085U
#define USAGE_BEEP_GOOD  0x008c0086U
#define USAGE_AIM_1      0x008c00fbU
#define USAGE_DATA       0x008c00feU
#define USAGE_CONTINUED  0x008c00ffU

#define BITS_CAP                                                                                             \
    (((uint32_t)VN_HID_REPORT_MAX + 1) * 8) /* where counting stops: past any report we accept  \
                                                          */

enum pass { PASS_FIND, PASS_FILL };

struct globals {
    uint32_t page;
    uint32_t size; /* bits of one element */
    uint32_t count;
    int id; /* VN_HID_NONE until a report id item was seen */
};

struct range {
    uint32_t first, last;
    bool has_page; /* a four-byte usage brings its own page */
};

struct walk {
    enum pass pass;
    struct globals g;
    struct globals stack[VN_HID_STACK_MAX];
    size_t pushed;
    size_t depth; /* of collections */
    struct range ranges[VN_HID_USAGES_MAX];
    size_t range_count;
    uint32_t in_bits[256], out_bits[256]; /* laid down so far, by report id */
    bool found;                           /* Decoded Data was seen */
    bool unaligned;
    struct vn_hid_layout *layout;
};

/* `run` elements of one usage, the first at bit `at`. */
struct field {
    uint32_t usage, at, size, run;
};

static uint32_t *bits_of(struct walk *walk, bool is_input)
{
    uint32_t *bits = is_input ? walk->in_bits : walk->out_bits;
    return &bits[walk->g.id == VN_HID_NONE ? 0 : walk->g.id];
}

/* A field that must be whole bytes on whole bytes. */
static void note_byte(struct walk *walk, const struct field *field, int *place)
{
    if (*place != VN_HID_NONE) {
        return; /* the first of two counts */
    }
    if (field->size % 8 != 0 || field->at % 8 != 0) {
        walk->unaligned = true;
        return;
    }
    *place = (int)(field->at / 8);
}

static void note_bit(const struct field *field, int *place)
{
    if (*place == VN_HID_NONE) {
        *place = (int)field->at;
    }
}

static void input_field(struct walk *walk, const struct field *field)
{
    struct vn_hid_layout *layout = walk->layout;
    if (walk->pass == PASS_FIND) {
        if (field->usage == USAGE_DATA && !walk->found) {
            walk->found = true;
            layout->report_id = walk->g.id;
        }
        return;
    }
    if (walk->g.id != layout->report_id) {
        return;
    }
    switch (field->usage) {
    case USAGE_BYTE_COUNT: note_byte(walk, field, &layout->length_at); break;
    case USAGE_AIM_1: note_byte(walk, field, &layout->aim_at[0]); break;
    case USAGE_AIM_1 + 1: note_byte(walk, field, &layout->aim_at[1]); break;
    case USAGE_AIM_1 + 2: note_byte(walk, field, &layout->aim_at[2]); break;
    case USAGE_DATA:
        if (layout->data_at == VN_HID_NONE) {
            note_byte(walk, field, &layout->data_at);
            layout->data_len = (int)((uint64_t)field->size * field->run / 8);
        }
        break;
    case USAGE_CONTINUED: note_bit(field, &layout->continued_bit); break;
    default: break;
    }
}

static void output_field(struct walk *walk, const struct field *field)
{
    struct vn_hid_layout *layout = walk->layout;
    if (walk->pass == PASS_FIND || (field->usage != USAGE_BEEP_GOOD && field->usage != USAGE_BEEP_ERROR)) {
        return;
    }
    bool is_first = layout->good_bit == VN_HID_NONE && layout->error_bit == VN_HID_NONE;
    if (is_first) {
        layout->beep_report_id = walk->g.id;
    } else if (layout->beep_report_id != walk->g.id) {
        return;
    }
    note_bit(field, field->usage == USAGE_BEEP_GOOD ? &layout->good_bit : &layout->error_bit);
}

/* Lays one main item down: tells the fields that we know, then moves the report's end. */
static void lay_down(struct walk *walk, bool is_input)
{
    static const uint32_t known[] = {USAGE_BYTE_COUNT, USAGE_AIM_1,     USAGE_AIM_1 + 1, USAGE_AIM_1 + 2,
                                     USAGE_DATA,       USAGE_CONTINUED, USAGE_BEEP_GOOD, USAGE_BEEP_ERROR};
    uint32_t *bits = bits_of(walk, is_input);
    uint32_t start = *bits + (walk->g.id == VN_HID_NONE ? 0 : 8);
    uint64_t total = (uint64_t)walk->g.size * walk->g.count;
    bool fits = total > 0 && start + total <= BITS_CAP;
    uint64_t element = 0;
    for (size_t i = 0; fits && i < walk->range_count && element < walk->g.count; i++) {
        const struct range *range = &walk->ranges[i];
        uint32_t page = range->has_page ? 0 : walk->g.page << 16;
        uint32_t first = page | range->first;
        uint32_t last = page | range->last;
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++) {
            uint64_t index = element + (known[k] - first);
            if (known[k] < first || known[k] > last || index >= walk->g.count) {
                continue;
            }
            bool repeats = i + 1 == walk->range_count && known[k] == last;
            struct field field = {known[k], start + (uint32_t)index * walk->g.size, walk->g.size,
                                  repeats ? walk->g.count - (uint32_t)index : 1};
            if (is_input) {
                input_field(walk, &field);
            } else {
                output_field(walk, &field);
            }
        }
        element += (uint64_t)last - first + 1;
    }
    *bits = total > BITS_CAP - *bits ? BITS_CAP : *bits + (uint32_t)total;
}

static enum vn_status main_item(struct walk *walk, unsigned tag)
{
    switch (tag) {
    case 0x8: lay_down(walk, true); break;
    case 0x9: lay_down(walk, false); break;
    case 0xa:
        if (walk->depth >= VN_HID_DEPTH_MAX) {
            return VN_INPUT;
        }
        walk->depth++;
        break;
    case 0xc:
        if (walk->depth == 0) {
            return VN_INPUT;
        }
        walk->depth--;
        break;
    default: break; /* feature reports have a place of their own */
    }
    walk->range_count = 0;
    return VN_OK;
}

static enum vn_status global_item(struct walk *walk, unsigned tag, uint32_t value)
{
    switch (tag) {
    case 0x0:
        if (value > 0xffff) {
            return VN_INPUT;
        }
        walk->g.page = value;
        break;
    case 0x7: walk->g.size = value; break;
    case 0x8:
        if (value == 0 || value > 255) {
            return VN_INPUT;
        }
        walk->g.id = (int)value;
        break;
    case 0x9: walk->g.count = value; break;
    case 0xa:
        if (walk->pushed >= VN_HID_STACK_MAX) {
            return VN_INPUT;
        }
        walk->stack[walk->pushed++] = walk->g;
        break;
    case 0xb:
        if (walk->pushed == 0) {
            return VN_INPUT;
        }
        walk->g = walk->stack[--walk->pushed];
        break;
    default: break;
    }
    return VN_OK;
}

static enum vn_status local_item(struct walk *walk, unsigned tag, uint32_t value, size_t size)
{
    if (tag == 0x2) { /* usage maximum: closes the range that a usage minimum opened */
        if (walk->range_count == 0 || value < walk->ranges[walk->range_count - 1].first) {
            return VN_INPUT;
        }
        walk->ranges[walk->range_count - 1].last = value;
        return VN_OK;
    }
    if (tag != 0x0 && tag != 0x1) {
        return VN_OK;
    }
    if (walk->range_count >= VN_HID_USAGES_MAX) {
        return VN_INPUT;
    }
    walk->ranges[walk->range_count++] = (struct range){value, value, size == 4};
    return VN_OK;
}

/* Runs over the items; *at is left at the item that is wrong. */
static enum vn_status run(struct walk *walk, struct vn_view d, size_t *at)
{
    while (*at < d.len) {
        uint8_t head = d.data[*at];
        if (head == 0xfe) { /* a long item: a length, a tag, the data; none is defined */
            if (d.len - *at < 3 || d.len - *at - 3 < d.data[*at + 1]) {
                return VN_INPUT;
            }
            *at += 3 + (size_t)d.data[*at + 1];
            continue;
        }
        size_t size = (head & 3) == 3 ? 4 : (size_t)(head & 3);
        if (d.len - *at - 1 < size) {
            return VN_INPUT;
        }
        uint32_t value = 0;
        for (size_t i = 0; i < size; i++) {
            value |= (uint32_t)d.data[*at + 1 + i] << (8 * i);
        }
        unsigned tag = head >> 4;
        unsigned type = (head >> 2) & 3;
        enum vn_status status = type == 0   ? main_item(walk, tag)
                                : type == 1 ? global_item(walk, tag, value)
                                : type == 2 ? local_item(walk, tag, value, size)
                                            : VN_INPUT;
        if (status != VN_OK) {
            return status;
        }
        *at += 1 + size;
    }
    return VN_OK;
}

static enum vn_status pass_over(struct walk *walk, enum pass pass, struct vn_view descriptor,
                                struct vn_hid_layout *layout, struct vn_error *error)
{
    memset(walk, 0, sizeof *walk);
    walk->pass = pass;
    walk->g.id = VN_HID_NONE;
    walk->layout = layout;
    size_t at = 0;
    if (run(walk, descriptor, &at) != VN_OK) {
        return vn_fail(error, VN_INPUT, "report descriptor: bad item at byte %zu of %zu", at, descriptor.len);
    }
    return VN_OK;
}

static int bytes_of(const uint32_t *bits, int id)
{
    return (int)((bits[id == VN_HID_NONE ? 0 : id] + (id == VN_HID_NONE ? 0 : 8) + 7) / 8);
}

enum vn_status vn_hid_parse(struct vn_view descriptor, struct vn_hid_layout *out, struct vn_error *error)
{
    *out = (struct vn_hid_layout){.report_id = VN_HID_NONE,
                                  .length_at = VN_HID_NONE,
                                  .aim_at = {VN_HID_NONE, VN_HID_NONE, VN_HID_NONE},
                                  .data_at = VN_HID_NONE,
                                  .continued_bit = VN_HID_NONE,
                                  .beep_report_id = VN_HID_NONE,
                                  .good_bit = VN_HID_NONE,
                                  .error_bit = VN_HID_NONE};
    if (descriptor.len > VN_HID_DESCRIPTOR_MAX) {
        return vn_fail(error, VN_INPUT, "report descriptor: %zu bytes", descriptor.len);
    }
    struct walk walk;
    enum vn_status status = pass_over(&walk, PASS_FIND, descriptor, out, error);
    if (status != VN_OK) {
        return status;
    }
    if (!walk.found) {
        return vn_fail(error, VN_ABSENT, "no scanner of usage page 8c");
    }
    status = pass_over(&walk, PASS_FILL, descriptor, out, error);
    if (status != VN_OK) {
        return status;
    }
    out->report_len = bytes_of(walk.in_bits, out->report_id);
    bool can_beep = out->good_bit != VN_HID_NONE || out->error_bit != VN_HID_NONE;
    out->beep_len = can_beep ? bytes_of(walk.out_bits, out->beep_report_id) : 0;
    if (walk.unaligned || out->data_len == 0 || out->report_len > VN_HID_REPORT_MAX ||
        out->beep_len > VN_HID_REPORT_MAX) {
        return vn_fail(error, VN_UNSUPPORTED, "scanner report not in whole bytes, or too long");
    }
    if (out->aim_at[0] == VN_HID_NONE || out->aim_at[1] == VN_HID_NONE || out->aim_at[2] == VN_HID_NONE) {
        out->aim_at[0] = out->aim_at[1] = out->aim_at[2] = VN_HID_NONE;
    }
    return VN_OK;
}
