/* Every maximum of the project, in one place. Anything that comes from outside is held against one of these.
 */
#ifndef VN_BASE_LIMITS_H
#define VN_BASE_LIMITS_H

/* texts and documents */
#define VN_ERROR_TEXT_MAX   256
#define VN_JSON_POINTER_MAX 128
#define VN_JSON_DEPTH_MAX   16 /* deepest nesting that a document of ours has is 9 */
#define VN_TIME_TEXT_MAX    32
#define VN_PATH_MAX         512
#define VN_ID_MAX           48 /* ids of promotions, stores, tills, accounts, coupons, with the NUL */
#define VN_NAME_MAX         96 /* names of items, members, promotions in one language, with the NUL, UTF-8 */

/* log */
#define VN_LOG_LINE_MAX  2048
#define VN_LOG_VALUE_MAX 256
#define VN_LOG_EVENT_MAX 40
#define VN_LOG_EVENTS    64 /* distinct events whose rate is watched */
#define VN_LOG_BURST     20 /* lines of one event a second */

/* threads */
#define VN_WORKER_QUEUE_MAX   256
#define VN_WORKER_THREADS_MAX 4
#define VN_WORKER_PASSES_MAX  8 /* times that a lane of jobs is passed over by those before it */

/* scans and codes */
#define VN_SCAN_MAX        4096 /* bytes of one scan: above the capacity of QR version 40 (2,953) */
#define VN_CARD_RANGES_MAX 32
#define VN_CARD_TEXT_MAX   64
#define VN_HASH_SIZE       32 /* SHA-256 */
#define VN_ID_BYTES        16 /* enrolment ids, boot ids */

/* devices */
#define VN_DEVICES_MAX         16
#define VN_BEEP_BYTES_MAX      16
#define VN_FRAME_IDLE_MS       50  /* a serial frame without a suffix ends after this silence */
#define VN_DEVICE_RETRY_MIN_MS 250 /* back-off while a device is away */
#define VN_DEVICE_RETRY_MAX_MS 10000
#define VN_HID_DESCRIPTOR_MAX  4096 /* as the Linux kernel has it */
#define VN_HID_REPORT_MAX      1024 /* the largest interrupt packet of USB 2 */
#define VN_HID_USAGES_MAX      64   /* local usages before one main item */
#define VN_HID_STACK_MAX       8    /* nested push items */
#define VN_HID_DEPTH_MAX       32   /* nested collections */
#define VN_HID_PARTIAL_MS      500  /* a scan in several reports must go on within this */
#define VN_USB_QUEUE_MAX       8    /* scans waiting between the USB thread and the loop */

/* basket and quote */
#define VN_LINES_MAX           500
#define VN_UNITS_MAX           4000 /* whole pieces and weighed lines of one receipt */
#define VN_CODE_MAX            32
#define VN_TAGS_MAX            8  /* tags of one item */
#define VN_ALIASES_MAX         32 /* further codes of one item */
#define VN_TAG_MAX             32
#define VN_COUPONS_MAX         8                /* presented on one receipt */
#define VN_AMOUNT_MAX          1000000000000000 /* 10^15 minor units: far above any receipt, far below overflow */
#define VN_QTY_MAX             1000000000000 /* thousandths */
#define VN_PROMOTIONS_MAX      10000
#define VN_GROUPS_MAX          16
#define VN_APPLICATIONS_MAX    1000 /* applied rewards on one receipt */
#define VN_NEAR_MISSES_MAX     8
#define VN_REASONS_MAX         256 /* promotions in scope that an outcome explains */
#define VN_RULESET_MAX         (32 * 1024 * 1024)
#define VN_SELECTOR_VALUES_MAX 1000 /* codes, tags, ... of one key of a selector; stores, tiers, segments */
#define VN_INDEX_MAX           1000000 /* values by which all promotions of a ruleset are found */
#define VN_LOCALES_MAX         16      /* languages of one promotion's name */
#define VN_HOURS_MAX           8       /* spans of hours of one promotion */
#define VN_LOTS_MAX            64      /* lots that travel with one member */
#define VN_SEGMENTS_MAX        16
#define VN_RIGHTS_MAX          32 /* accounts that one entry can touch */
#define VN_TENDERS_MAX         8
#define VN_CLUBS_MAX           8
#define VN_CONSENTS_MAX        8   /* what a customer agreed to when he was signed up */
#define VN_COUNTERS_MAX        32  /* stamp cards and limited offers that travel with one member */
#define VN_WALLETS_MAX         4   /* of one ruleset, and of one member */
#define VN_COUPON_CODES_MAX    8   /* goods that a coupon with terms of its own names */
#define VN_REWARDS_MAX         8   /* of one promotion */
#define VN_PARTS_MAX           6   /* of a bundle; quantities that a condition names */
#define VN_STEPS_MAX           12  /* of a ladder */
#define VN_FUNDERS_MAX         4   /* of one promotion */
#define VN_FUNDINGS_MAX        512 /* promotion and funder pairs of one receipt */
#define VN_TIERS_MAX           8
#define VN_ZONES_MAX           16 /* stores with another time than the rest */
#define VN_OFFSETS_MAX         64 /* changes of the clocks in one zone's table */
#define VN_CALENDARS_MAX       8
#define VN_HOLIDAYS_MAX        128 /* of one calendar */
#define VN_STORE_GROUPS_MAX    64
#define VN_PRICE_TABLES_MAX    64
#define VN_PRICE_ROWS_MAX      20000     /* of one price table */
#define VN_GIVEN_MAX           64        /* coupons, tags, stamps and sentences that one receipt gives */
#define VN_LOT_USES_MAX        64        /* lots that one receipt spends from */
#define VN_QUOTE_LOOKS_MAX     100000000 /* at pieces, by all that one quote tries: never time */
#define VN_QUOTE_TRIALS_MAX    (VN_QUOTE_LOOKS_MAX / 2) /* of those, before anything is taken for good */
#define VN_BEST_STEPS_MAX      200000   /* of the searches of a quote's `best` groups: nodes, never time */
#define VN_BEST_PROMOTIONS_MAX 256      /* that compete in one `best` group beyond taking their own pieces */
#define VN_BEST_ROLES_MAX      16384    /* unit and promotion pairs of one `best` group */
#define VN_BEST_NODES_MAX      8192     /* states that its search keeps side by side */
#define VN_BEST_WORDS_MAX      262144   /* numbers that they have together */
#define VN_BEST_ORDER_MAX      32       /* promotions of one `best` group with rewards on the basket */
#define VN_BEST_ORDERED_MAX    4        /* rewards on the basket beside sets of which each order is tried */
#define VN_BEST_OFFERS_MAX     4000     /* offers that the search for their best sequence reckons */
#define VN_TEMPLATE_TEXT_MAX   512      /* bytes of one text of a template, its values filled in */
#define VN_TEMPLATE_SETS_MAX   32       /* parameters that one command line sets */
#define VN_WARNINGS_MAX        200      /* of one look at a ruleset (rules/lint.h) */
#define VN_LINT_STEPS_MAX      50000000 /* looks at goods and at pairs of promotions */
#define VN_FISCAL_LINES_MAX    (2 * VN_LINES_MAX) /* a line is split in two at most */
#define VN_BOOK_LOTS_MAX       400 /* lots of a wallet in a member's book: one a day, for a year */
#define VN_BOOK_GIVEN_MAX      128 /* coupons and tags in a member's book */
#define VN_MOVEMENTS_MAX       10000 /* of one fact: each lot of each wallet six times at most, and what it names */
#define VN_DAYS_MAX            36500 /* that points wait, live, or are waited for */

/* journal and sync */
#define VN_NUMBER_MAX          9007199254740991 /* 2^53 - 1: numbers that every JSON reader keeps */
#define VN_ENTRY_MAX           (512 * 1024)     /* bytes of one journal entry's body */
#define VN_BATCH_ENTRIES_MAX   500
#define VN_BATCH_BYTES_MAX     (4 * 1024 * 1024) /* unzipped */
#define VN_BATCH_HEAD_MAX      512               /* of those, a batch's first line */
#define VN_FEED_ITEMS_MAX      20000
#define VN_SNAPSHOT_ITEMS_MAX  10000000 /* members, items and coupons of a chain */
#define VN_JOURNAL_PENDING_MAX 100000   /* entries that can't be pruned yet; then no new holds */
#define VN_JOURNAL_SLICE_MAX   100      /* entries that are pruned at a time: some milliseconds */
#define VN_REPLY_DAYS          30 /* after an entry was pruned: how long a till can repeat, void and return it */
#define VN_FEED_BYTES_MAX      (40 * 1024 * 1024) /* unzipped; a ruleset travels whole */
#define VN_POLL_WAIT_S_MAX     55
#define VN_SNAPSHOT_SILENT_MS  45000 /* of a hub that sends one; while it builds it, it answers after 20 s */
#define VN_SNAPSHOT_BLOCK_MAX  (256 * 1024) /* bytes of one block's rows, but for one row that is larger */
#define VN_SNAPSHOT_ROW_MAX    (64 * 1024)  /* bytes of one row; a ruleset may be as large as a frame */
#define VN_REPORT_ROWS_MAX     20000    /* the newest sales, postings, ... that the hub's operator is shown */
#define VN_EARN_RECEIPT_MAX    10000000 /* points that the hub posts for one receipt, whatever its till says */
#define VN_EARN_DAY_MAX        20000000 /* and for one account in a day */
#define VN_EARN_DAY_MS         86400000 /* a day, which begins with what is earned after the last one ended */
#define VN_EARN_LATE_DAYS                                                                                    \
    62 /* before an account's day: of each it is known what came late; of what is before, together */
#define VN_HUB_MORE_DAYS                                                                                     \
    7 /* on which a till says that it has more to send: then what it had on the first counts as sent */
#define VN_LOAN_HEARD_MS                                                                                     \
    600000 /* a till that told all so much later than another took of it has told of the loan, too */
#define VN_LOAN_UNHEARD_MS (7 * 86400000) /* and so long a loan may stay untold, whatever its till is at */
#define VN_LOAN_UNENDED_MS 86400000 /* and so long one of a till that is gone, after that was heard last */
#define VN_STAMPS_RECEIPT                                                                                    \
    1000 /* stamps that the hub posts for one receipt, unless its operator says otherwise */
#define VN_STAMPS_RECEIPT_MAX 1000000 /* and at most */

#define VN_HUB_GROUP_ENTRIES_MAX 20000               /* of many tills in one commit */
#define VN_HUB_BODIES_MAX        (256 * 1024 * 1024) /* bytes of the requests that are under way */
#define VN_HUB_BODIES_EACH       (16 * 1024 * 1024)  /* of one till; of all that have not enrolled together */
#define VN_HUB_REQUEST_MAX       (64 * 1024) /* a request's body, unzipped, that is not of journal entries */
#define VN_HUB_ENROLS_MAX        256         /* requests to enrol under way */
#define VN_HUB_ENROL_MS          10000 /* and how long one may wait for its turn: verno enrol waits 15 s */
#define VN_HUB_TASKS_MAX         VN_HTTP_CONNECTIONS_MAX /* requests on a thread, or waiting for one */
#define VN_HUB_QUEUE_MAX         1000000                 /* entries that wait to be taken in */
#define VN_HUB_QUEUE_S           2 /* and how long they may have to wait (sync/hub/core/setting.h, as the two below) */
#define VN_HUB_LAG_S             60      /* that posting may be behind before tills are told to wait */
#define VN_HUB_RETURN_TILLS      100     /* tills that come back in a second after an outage */
#define VN_POSTING_STILL_MAX     64      /* enrolments that the store refuses to go on with */
#define VN_POSTING_AGAIN_MS      2000    /* until these are tried again */
#define VN_POSTING_SAY_MS        60000   /* between two times that the log says so of one */
#define VN_SAY_AGAIN_MS          600000  /* and that it says so of what fails each second for one reason */
#define VN_POSTING_OTHERS_MS     200     /* between two looks whether another process still posts */
#define VN_POSTING_ENTRIES_MAX   256     /* of one slice */
#define VN_POSTING_BYTES_MAX     1048576 /* of entries posted together, and of those that they name */
#define VN_POSTING_SLICE_MS      20
#define VN_POSTING_FIRST_MAX     16   /* slices of a till that asks for rights, before it is told to wait */
#define VN_RELEASE_SALE_MAX      16   /* entries in quarantine that one sale lets go on by itself, */
#define VN_RELEASE_SLICE_MAX     64   /* and that the sales do which are posted together */
#define VN_RELEASE_MAX           16   /* that a known account does before others have their turn */
#define VN_RELEASE_LOOK_MAX      4096 /* that wait for something are looked at before others have their turn */
#define VN_HUB_TROUBLE_S         5    /* until a till asks again what the hub could not do just now */
#define VN_FLEET_MARKS           8    /* moments at which the hub knew that a till had an entry */
#define VN_BRANCHES_MAX          8    /* journals that branched off, handed in by one enrolment */
#define VN_SIGNUPS_MINUTE        30   /* that one till may ask for */
#define VN_RIGHTS_HOLDERS_MAX    64 /* tills that one request for rights asks back of each of its accounts */
#define VN_RIGHTS_ASK_MS         1000 /* and how long it waits for them; the till waits VN_RIGHTS_WAIT_MS */
#define VN_RIGHTS_AHEAD_BP       5000 /* sync/hub/core/setting.h, as the three below */
#define VN_RIGHTS_AHEAD_MOST     100000
#define VN_RIGHTS_AHEAD_DAYS     90
#define VN_RIGHTS_PORTION_BP     200
#define VN_RIGHTS_LOOK_MS        50    /* between two looks whether that is over */
#define VN_HUB_FILES_KEPT        256   /* open files that are not tills' connections */
#define VN_HUB_END_MS            10000 /* what the hub has begun when it is to end has this long */
#define VN_FEED_CLOSE_MS         250 /* between two checkpoints: what is committed together is told together */

/* HTTP, ours on both ends */
#define VN_HTTP_HEADERS_MAX      64
#define VN_HTTP_HEAD_MAX         16384 /* request line and headers */
#define VN_HTTP_TARGET_MAX       1024
#define VN_POS_BODY_MAX          (1024 * 1024)
#define VN_HTTP_CONNECTIONS_MAX  20000
#define VN_LOCAL_CONNECTIONS_MAX 64
#define VN_HTTP_TURNED_AWAY_MAX  16 /* connections above the limit that are told so, at once */
#define VN_HTTP_IDLE_MS          120000
#define VN_HTTP_HEAD_MS          10000 /* a request's head must be complete within this */
#define VN_HTTP_BODY_MS          30000
#define VN_HTTP_SLOWEST_LINE     4    /* bytes a millisecond, 32 kbit/s: by so much longer a body may take */
#define VN_HTTP_CLOSE_MS         2000 /* what is in flight when a server closes has this long */
#define VN_HTTP_LINGER_MS        1000 /* a refused client has this long to read why */
#define VN_HTTP_LISTENERS_MAX    4
#define VN_HTTP_HOSTS_MAX        16
#define VN_HTTP_ZIP_MIN          1024
#define VN_HTTP_REPLY_MAX        (48 * 1024 * 1024) /* bytes of one reply, above VN_FEED_BYTES_MAX */
#define VN_HTTP_REPLY_HEAD_MAX   4096
#define VN_HTTP_PIECE_MAX        65536 /* bytes that are encrypted and written at a time */
#define VN_HTTP_HANDS_MAX        4
#define VN_HTTP_HAND_WAITING_MAX 200 /* handshakes that wait for one of them, 2 s: others wait outside */
#define VN_HTTP_LATE_MAX         4   /* headers that are filled in when a request leaves */
#define VN_HTTP_STREAM_QUEUE_MAX (512 * 1024) /* an outcome of the largest receipt, and one more */
#define VN_HTTP_REASON_MAX       256

/* the client library of the local API */
#define VN_CLIENT_FOLLOWS_MAX 4             /* streams at once */
#define VN_CLIENT_FOLLOW_MS   5000          /* until a stream answers */
#define VN_CLIENT_LINE_MAX    (1024 * 1024) /* one line of a stream */
#define VN_CLIENT_REPLY_MAX   (1024 * 1024)

/* certificates */
#define VN_PEER_NAME_MAX   128 /* a common name */
#define VN_SERIAL_TEXT_MAX 41  /* 20 bytes in hexadecimal (RFC 5280) and the NUL */
#define VN_HOST_MAX        254 /* a DNS name and the NUL */
#define VN_CERT_NAMES_MAX  16
#define VN_PEM_MAX         16384

/* till */
#define VN_TILL_QUEUE_MAX      32 /* operations that wait */
#define VN_TILL_OPEN_HOLDS_MAX 4  /* of one POS, listed when its next receipt commits */
#define VN_TILL_STOPS_MAX      256
#define VN_RIGHTS_WAIT_MS      1500 /* how long a cashier waits for the hub at most */

/* lending between the tills of a store */
#define VN_TRANSFER_MAX      56 /* "<enrolment>-<count>": 32 digits, a dash, 16 digits, the NUL */
#define VN_ADDRESS_MAX       46 /* of a machine: IPv6 with an IPv4 tail, and the NUL */
#define VN_PEER_ADDRESSES    4  /* of one till */
#define VN_ROSTER_TILLS_MAX  64
#define VN_ROSTER_GONE_MAX   64          /* enrolments that are no more, newest first */
#define VN_ROSTER_OPEN_MAX   32          /* gives of lenders that are gone; the next when these have ended */
#define VN_ROSTER_BYTES_MAX  (64 * 1024) /* 64 tills of 4 addresses are below 40 KiB */
#define VN_PEER_BODY_MAX     8192        /* of a request between tills, and of its answer */
#define VN_PEER_LENDS_MAX    16          /* times that one wish is asked of neighbours */
#define VN_PEER_WAIT_MS      700         /* how long a cashier waits for neighbours at most, */
#define VN_PEER_HAVE_MS      250         /* and of that for what they say they have, */
#define VN_PEER_LEND_MS      250         /* and for one that is to lend, before the next is asked */
#define VN_PEER_GREET_MS     15000 /* for the answer to a greeting: all tills of a store greet at once */
#define VN_PEER_END_MS       5000  /* until a neighbour that is asked for an end is given up for now */
#define VN_PEER_AGAIN_MIN_MS 2000  /* back-off of asking for ends */
#define VN_PEER_AGAIN_MAX_MS 300000
#define VN_PEER_GIVES_MAX    64   /* gives without an end that are asked for at a time */
#define VN_PEER_REFUSALS     120  /* that one neighbour may have journaled in an hour, */
#define VN_PEER_GIVES        1200 /* and gives: of 200 sales, each of several accounts */

/* screen */
#define VN_PROMPT_CHARS        60  /* characters of one sentence */
#define VN_PROMPT_TEXT_MAX     244 /* bytes; 60 characters of up to 4 bytes, and the NUL */
#define VN_PROMPT_SECONDARY    3
#define VN_PROMPT_ACTIONS      4
#define VN_SCREEN_LINE_MAX     16384 /* bytes of one screen model as JSON */
#define VN_SCREEN_RETRY_MIN_MS 200   /* back-off of a screen while the agent is away */
#define VN_SCREEN_RETRY_MAX_MS 2000
#define VN_SCREEN_REPLY_MS     2000 /* the agent answers a screen within this */

#endif
