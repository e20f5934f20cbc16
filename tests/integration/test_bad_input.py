#!/usr/bin/python3
"""What comes in wrong at a till: cards that are none, requests that can't be read. The sale goes on, and nothing changes."""
import http.client
import json
import pathlib
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Failure, Lane, Scanner, Stream, check, check_says, read_lines, run_cases  # noqa: E402

GARBAGE = bytes(range(128, 256)) * 40 + b"\r"


def till_with_scanner(chain):
    scanner = Scanner(chain.scanner)
    till = chain.till(start=False, scanner=f"serial:{chain.scanner}@9600")
    till.start(**chain.preload("pty"))
    till.wait_live()
    till.wait_status("the scanner", lambda s: s["devices"] and s["devices"][0]["state"] == "found")
    return till, scanner


# --- cards ---------------------------------------------------------------------------------------------------------------


def bad_cards(chain):
    """One sentence for the cashier, an event for the POS, and the sale goes on."""
    till, scanner = till_with_scanner(chain)
    lane = Lane(till)
    screen, events = Stream(till.socket, "/v1/screen?locale=en"), Stream(till.socket, "/v1/events")
    cards = read_lines(chain.chain / "practice.json")[0]["cards"]
    for name, state, says in (("unknown", "new", "Card not known here"), ("foreign", "foreign", "Another chain's card"),
                              ("damaged", "damaged", "Card unreadable"), ("payment", "payment", "That is a payment card")):
        for send in (scanner.scan, lambda code: lane.scan(code["data"], code["aim"])):
            lane.open(1, 2)
            lane.quote()
            since, events_since = screen.mark(), events.mark()
            send(cards[name])
            model = screen.wait(lambda m: says in m["main"], since)
            check(f"the screen after a {name} card: {screen.last().get('main')!r}, found", model is not None, True)
            if len(model["main"]) > 60:
                raise Failure(f"more than a sentence: {model['main']!r}")
            event = events.wait(lambda e: e["event"] == "card", events_since)
            check("the event's state", event and event["state"], state)
            lane.quote()
            lane.hold()
            check("committed", lane.commit()["committed"], True)
    lane.open(3)
    lane.quote()
    since = screen.mark()
    for noise in (GARBAGE, b"\r\r\r", b"A" * 5000 + b"\r", b"\0\0\0\r"):
        scanner_bytes(scanner, noise)
    scanner.scan({"aim": "]E0", "data": lane.cards[6]})
    check("after noise the next card is read", screen.wait(lambda m: m.get("who", "").startswith("Petar"), since) is not None, True)
    check("the member", lane.quote()["member"]["first_name"], "Petar")
    lane.hold()
    lane.commit()
    till.wait_drained()
    check("audit", chain.audit(), [])
    scanner.close()


def scanner_bytes(scanner, data):
    with open(f"/dev/fd/{scanner.master}", "wb", buffering=0) as line:
        line.write(data)


# --- requests ------------------------------------------------------------------------------------------------------------


def raw(till, data):
    """Sends bytes as they are; status, content type and body of the answer, or None when the connection just ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(10)
        line.connect(str(till.socket))
        try:
            line.sendall(data)
        except BrokenPipeError:
            pass  # refused before all was sent: the answer is there even so
        response = http.client.HTTPResponse(line)
        try:
            response.begin()
        except (http.client.HTTPException, ConnectionError):
            return None
        return response.status, response.getheader("Content-Type"), response.read()


def post(till, path, body, head=""):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return raw(till, f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def expect_problem(what, answer, status, pointer=None):
    if answer is None:
        raise Failure(f"{what}: no answer")
    check(f"{what}: {answer[2][:300]!r}, status", answer[0], status)
    check(f"{what}: content type", answer[1], "application/problem+json")
    problem = json.loads(answer[2])
    check(f"{what}: status in the document", problem["status"], status)
    if not problem.get("title"):
        raise Failure(f"{what}: a problem without a title: {problem}")
    if pointer is not None:
        check(f"{what}: {problem.get('detail')!r}, pointer", problem.get("pointer"), pointer)


def changed(basket, **changes):
    return {**basket, **changes}


def with_line(basket, **changes):
    return {**basket, "lines": [basket["lines"][0], {**basket["lines"][1], **changes}]}


def without(thing, key):
    return {name: value for name, value in thing.items() if name != key}


def bad_baskets(good):
    """Basket and the place that is wrong in it."""
    sale, line = good["sale"], good["lines"][0]
    deep = []
    for _ in range(12):
        deep = [deep]
    return [
        (without(good, "sale"), "/sale"), (without(good, "lines"), "/lines"), (changed(good, sale="1"), "/sale"),
        (changed(good, sale=without(sale, "receipt")), "/sale/receipt"), (changed(good, sale={**sale, "pos": 1}), "/sale/pos"),
        (changed(good, sale={**sale, "date": ""}), "/sale/date"), (changed(good, sale={**sale, "receipt": "9" * 48}), "/sale/receipt"),
        (changed(good, sale={**sale, "pos": "a\u0007b"}), "/sale/pos"), (changed(good, lines={}), "/lines"),
        (changed(good, lines=[line, 7]), "/lines/1"), (changed(good, lines=[line, line]), "/lines/1/id"),
        (changed(good, lines=[{**line, "id": at} for at in range(1, 502)]), "/lines"), (changed(good, lines=deep), "/lines/0"),
        (changed(good, operator=7), "/operator"), (changed(good, started_ms=-1), "/started_ms"),
        (changed(good, lane="left"), "/lane"), (with_line(good, id=0), "/lines/1/id"), (with_line(good, id="2"), "/lines/1/id"),
        (with_line(good, code=None), "/lines/1/code"), (with_line(good, code="8" * 32), "/lines/1/code"),
        (with_line(good, name="n" * 96), "/lines/1/name"), (with_line(good, amount_minor=12.5), "/lines/1/amount_minor"),
        (with_line(good, amount_minor="1250"), "/lines/1/amount_minor"), (with_line(good, amount_minor=10**15 + 1), "/lines/1/amount_minor"),
        (with_line(good, amount_minor=None), "/lines/1/amount_minor"), (with_line(good, qty_milli=10**13), "/lines/1/qty_milli"),
        (with_line(good, pos_discounts_minor=-1), "/lines/1/pos_discounts_minor"), (with_line(good, kind="bads"), "/lines/1/kind"),
    ]


def bad_calls(sale, good):
    """Path, request, status and pointer."""
    spend = {"sale": sale, "spend_points": 100}
    return [
        ("/v1/choice", without(spend, "spend_points"), 400, "/spend_points"), ("/v1/choice", {**spend, "spend_points": -5}, 400, "/spend_points"),
        ("/v1/choice", {**spend, "spend_points": 55}, 422, "/spend_points"), ("/v1/choice", {**spend, "spend_points": 10**9}, 422, "/spend_points"),
        ("/v1/choice", {**spend, "sale": {**sale, "receipt": "none"}}, 404, None), ("/v1/cancel", {"sale": sale}, 409, None),
        ("/v1/cancel", {"sale": sale, "step": -1}, 400, "/step"), ("/v1/hold", {"basket": good, "step": 1.5}, 400, "/step"),
        ("/v1/hold", {"step": 0}, 400, "/basket"), ("/v1/commit", {"fiscal": "F-1"}, 400, "/sale"),
        ("/v1/commit", {"sale": sale, "fiscal": "F" * 48}, 400, "/fiscal"), ("/v1/commit", {"sale": sale, "fiscal": 1}, 400, "/fiscal"),
        ("/v1/commit", {"sale": {**sale, "receipt": "other"}, "basket": good}, 400, "/basket"),
        ("/v1/commit", {"sale": {**sale, "receipt": "other"}}, 404, None), ("/v1/void", {"sale": sale}, 404, None),
        ("/v1/void", {}, 400, "/sale"), ("/v1/return", {"sale": sale}, 400, "/of"),
        ("/v1/return", {"sale": sale, "of": sale}, 400, "/sale"), ("/v1/return", {"sale": {**sale, "receipt": "other"}, "of": sale}, 404, None),
        ("/v1/scan", {"aim": "]E0"}, 400, "/data"), ("/v1/scan", {"aim": "]E0]E0", "data": "1"}, 400, "/aim"),
        ("/v1/scan", {"data": "1" * 5000}, 400, "/data"), ("/v1/scan", {"data": 5}, 400, "/data"), ("/v1/tap", {"action": "spend"}, 400, "/action"),
        ("/v1/tap", {}, 400, "/action"), ("/v1/nothing", {}, 404, None), ("/v1/status", {}, 405, None), ("/", {}, 404, None),
    ]


def bad_bytes(good):
    """Requests that are no JSON of ours; each for /v1/quote."""
    text = json.dumps({"basket": good}).encode()
    return [
        ("empty", b"", 400), ("cut off", text[:-1], 400), ("more after it", text + b"}", 400), ("an array", b"[]", 400),
        ("a number", b"7", 400), ("null", b"null", 400), ("not UTF-8", text.replace(b'"lines"', b'"l\xff\xfenes"'), 400),
        ("NUL in a text", text.replace(b'"code": "', b'"code": "\\u0000'), 400), ("a bare NUL", text + b"\0", 400),
        ("the same key twice", text[:-1] + b', "basket": {}}', 400), ("twice deep inside", text.replace(b'"id": 1', b'"id": 1, "id": 2'), 400),
        ("a thousand brackets", b'{"basket":' + b"[" * 1000 + b"]" * 1000 + b"}", 400), ("a million brackets", b"[" * 1000000, 400),
        ("a huge number", b'{"basket": 1e999}', 400), ("more digits than an integer has", b'{"basket": 99999999999999999999999999}', 400),
        ("NaN", b'{"basket": NaN}', 400), ("too large", b" " * (1024 * 1024 + 1), 413), ("XML", b"<basket/>", 400),
    ]


def bad_http(till):
    head = "POST /v1/quote HTTP/1.1\r\nHost: localhost\r\n"
    cases = [("from a web page", (head + "Origin: http://evil\r\nContent-Length: 2\r\n\r\n{}").encode(), 403),
             ("no host", b"GET /v1/status HTTP/1.1\r\n\r\n", 400), ("a long target", b"GET /" + b"a" * 2000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
             ("a large head", (head + "X: " + "x" * 20000 + "\r\n\r\n").encode(), 431),
             ("zipped nonsense", (head + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}").encode(), 400),
             ("a length that lies", (head + "Content-Length: 99999999999\r\n\r\n{}").encode(), 413),
             ("two lengths", (head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}").encode(), 400)]
    for what, data, status in cases:
        expect_problem(what, raw(till, data), status)
    for what, data in (("no HTTP", b"\x16\x03\x01\x02\x00hello\r\n\r\n"), ("a second protocol", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")):
        answer = raw(till, data)
        if answer is not None and not 400 <= answer[0] < 600:
            raise Failure(f"{what} was answered {answer}")


def bad_requests(chain):
    """4xx, a problem document that names the field, and a journal and a sale that are as they were."""
    till = chain.till()
    lane = Lane(till)
    lane.open(1, 2)
    lane.quote()
    lane.card(6)
    before = lane.quote()
    good = lane.basket
    for what, data, status in bad_bytes(good):
        expect_problem(what, post(till, "/v1/quote", data), status)
    for path in ("/v1/quote", "/v1/hold", "/v1/commit"):
        for basket, pointer in bad_baskets(good):
            request = {"basket": basket, **({"sale": good["sale"]} if path == "/v1/commit" else {})}
            expect_problem(f"{path} {str(basket)[:200]}", post(till, path, request), 400, f"/basket{pointer}")
    for path, request, status, pointer in bad_calls(lane.sale, good):
        expect_problem(f"{path} {str(request)[:200]}", post(till, path, request), status, pointer)
    bad_http(till)
    check("entries in the journal", [line["entry"]["kind"] for line in till.journal()], ["boot"])
    check("the quote afterwards", lane.quote(), before)
    check("sales at the hub", chain.sales(), [])
    lane.hold()
    committed = lane.commit()
    expect_problem("the same step with other content", post(till, "/v1/commit", {"sale": lane.sale, "fiscal": "F-other"}), 409)
    expect_problem("a hold of what is committed", post(till, "/v1/hold", {"basket": good, "step": 1}), 409)
    check("the first reply again", lane.commit(), committed)
    kinds = [line["entry"]["kind"] for line in till.journal()]
    check("entries in the journal", [kind for kind in kinds if kind != "grant"], ["boot", "hold", "commit", "finding"])  # that is ahead, when the hub has the sale
    check_says("verno journal --verify", till.verify(), "whole")
    till.wait_drained()
    check("sales at the hub", [row["sale"][2] for row in chain.sales()], ["0001"])
    check("audit", chain.audit(), [])


if __name__ == "__main__":
    run_cases(bad_cards, bad_requests)
