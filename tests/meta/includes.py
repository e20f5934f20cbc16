#!/usr/bin/python3
"""Who may include whom: the one table of boxes and arrows (docs/house.md tells it in words).

A box includes itself and what its row allows; outside libraries are known to the boxes that own them alone. Tests
may include everything, and nothing includes tests. Every include of ours is written from the root.
"""
import re

import rules

# The agent reads from left to right: a box may include each column to its left, never its own.
COLUMNS = [
    ["agent/base"],
    ["agent/crypto", "agent/db"],
    ["agent/codes"],
    ["agent/loyalty"],
    ["sync/wire"],
    ["agent/store", "drivers", "sync/net", "ui/prompt"],
    ["agent/till"],
    ["agent/pos", "sync/uplink", "sync/peer"],
    ["agent/app"],
]
ARROWS = {box: [b for left in COLUMNS[:i] for b in left] for i, column in enumerate(COLUMNS) for box in column}
# The rest stands beside the columns.
ARROWS |= {
    "agent/client": ["agent/base", "sync/net"],
    "agent/cli": [b for left in COLUMNS[:8] for b in left] + ["agent/client"],
    "agent/relay": ["agent/base", "drivers"],
    "sync/hub": [b for left in COLUMNS[:5] for b in left] + ["sync/net"],
    "ui/feed": ["agent/base", "ui/prompt", "sync/net"],
    "ui/screen": ["agent/base", "ui/prompt", "sync/net", "ui/feed"],
    "ui/terminal": ["agent/base", "ui/prompt", "sync/net", "ui/feed"],
    "toolchain": [],
}
# Inside the hub, by rooms: a room may include itself and each column to its left.
HUB = [["storage", "ca"], ["core"], ["fleet"], ["ingest"], ["ledger"], ["masters", "feed", "requote", "rights"], ["epoch"],
       ["service"], ["api"], ["cli"], ["app"]]
# Header of a library -> the boxes that may know it.
LIBRARIES = [
    (r"(mbedtls|psa)/", ["agent/crypto", "sync/net"]),
    (r"sqlite3", ["agent/db"]),
    (r"(libpq|postgres|pg_)", ["sync/hub"]),
    (r"(libusb|libserialport|libudev)", ["drivers"]),
    (r"SDL", ["ui/screen"]),
    (r"png\.h", ["ui/screen"]),
    (r"n?curses", ["ui/terminal", "agent/cli"]),
    (r"llhttp", ["sync/net"]),
    (r"zlib", ["sync/wire", "sync/net"]),
]
TOP = {box.split("/")[0] for box in ARROWS} | {"tests"}


def box_of(path):
    """The box of a file or an include; None when it is in no box."""
    parts = path.split("/")
    if parts[0] in ("drivers", "tests", "toolchain"):
        return parts[0]
    box = "/".join(parts[:2])
    return box if box in ARROWS and len(parts) > 2 else None


def hub_column(path):
    """The room of a hub's file, and its column; -1 when the table does not have it."""
    room = path.split("/")[2]
    return room, next((i for i, column in enumerate(HUB) if room in column), -1)


def judge_hub(file, name):
    """What is wrong with an include inside the hub, or None."""
    (from_room, from_column), (to_room, to_column) = hub_column(file), hub_column(name)
    if min(from_column, to_column) < 0:
        return f"{from_room} or {to_room} is no room; give it a column in HUB of tests/meta/includes.py"
    if from_room != to_room and to_column >= from_column:
        return f"inside the hub, {from_room} may not include {to_room}"
    return None


def judge(box, name, quoted):
    """What is wrong with one include, or None."""
    if ".." in name.split("/"):
        return f"relative include of {name}"
    if not quoted and name.split("/")[0] not in TOP:
        owners = next((owners for pattern, owners in LIBRARIES if re.match(pattern, name)), None)
        return None if owners is None or box in owners or box == "tests" else f"{box} may not know <{name}>"
    other = box_of(name)
    if other is None:
        return f"{name} is in no box (includes are written from the root)"
    if box in ("tests", other) or other in ARROWS[box]:
        return None
    return f"{box} may not include {other} ({name})"


def rule(tree):
    for file in tree.of(".c", ".h"):
        box = box_of(file)
        if box is None:
            yield f"{file}:1: is in no box; the boxes are in tests/meta/includes.py"
            continue
        for number, line in tree.lines(file):
            if m := re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line):
                wrong = judge(box, m.group(2), m.group(1) == '"')
                if not wrong and box == box_of(m.group(2)) == "sync/hub":
                    wrong = judge_hub(file, m.group(2))
                if wrong:
                    yield f"{file}:{number}: {wrong}"


PLANTS = [
    ("agent/base/planted.c", '#include "agent/loyalty/quote.h"\n', "agent/base may not include agent/loyalty"),
    ("agent/crypto/planted.c", '#include "agent/db/db.h"\n', "agent/crypto may not include agent/db"),
    ("agent/loyalty/planted.h", '# include <agent/store/journal.h>\n', "agent/loyalty may not include agent/store"),
    ("agent/cli/planted.c", '#include "agent/app/agent.h"\n', "agent/cli may not include agent/app"),
    ("agent/client/planted.c", '#include "sync/wire/entry.h"\n', "agent/client may not include sync/wire"),
    ("agent/relay/planted.c", '#include "sync/net/http.h"\n', "agent/relay may not include sync/net"),
    ("sync/hub/planted.c", '#include "agent/store/journal.h"\n', "sync/hub may not include agent/store"),
    ("sync/hub/ledger/planted.c", '#include "sync/hub/api/admin.h"\n', "ledger may not include api"),
    ("sync/hub/feed/feed.c", '#include "sync/hub/masters/import.h"\n', "feed may not include masters"),
    ("sync/hub/planted.c", '#include "sync/hub/storage/storage.h"\n', "is no room"),
    ("sync/uplink/planted.c", '#include "sync/hub/storage/storage.h"\n', "sync/uplink may not include sync/hub"),
    ("ui/screen/planted.c", '#include "agent/till/till.h"\n', "ui/screen may not include agent/till"),
    ("drivers/planted.c", '#include "tests/fake.h"\n', "drivers may not include tests"),
    ("agent/db/planted.c", '#include "../base/status.h"\n', "relative include"),
    ("agent/db/planted.c", '#include "statement.h"\n', "in no box"),
    ("agent/extra/planted.c", "\n", "in no box"),
    ("agent/store/planted.c", "#include <sqlite3.h>\n", "agent/store may not know"),
    ("sync/hub/planted.c", "#include <mbedtls/ssl.h>\n", "sync/hub may not know"),
    ("agent/db/planted.c", "#include <libpq-fe.h>\n", "agent/db may not know"),
    ("agent/app/planted.c", "#include <libusb-1.0/libusb.h>\n", "agent/app may not know"),
    ("ui/terminal/planted.c", "#include <SDL2/SDL.h>\n", "ui/terminal may not know"),
    ("ui/screen/planted.c", "#include <ncurses.h>\n", "ui/screen may not know"),
    ("sync/uplink/planted.c", "#include <zlib.h>\n", "sync/uplink may not know"),
]

if __name__ == "__main__":
    rules.run(rule, PLANTS)
