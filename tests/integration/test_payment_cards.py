#!/usr/bin/python3
"""A payment card's number is never stored and never logged: not by the till, not by the hub, in no encoding.

Numbers go in through the scanner's line and through the local API, as numbers, tracks and in groups, in each phase of a sale, in
requests that are refused, where a POS names its receipts and goods, and in the hub's imports; then all files of till and hub, the
logs and all that the agent says are searched.
"""
import base64
import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Failure, Lane, Stream, check, run_cases  # noqa: E402
from test_bad_input import expect_problem, post, raw, till_with_scanner  # noqa: E402


def with_luhn(digits):
    """The number with its check digit."""
    total = sum(sum(divmod(2 * int(d), 10)) if at % 2 == 0 else int(d) for at, d in enumerate(reversed(digits)))
    return digits + str(-total % 10)


# 13 digits are an EAN to a scanner, so they are not among them.
NUMBERS = [with_luhn(digits) for digits in ("411111111111111", "550000555555555", "37828224631000", "3056930902590",
                                            "453201511283036", "30123456789012345", "633110101010101010", "891234567890123456")]

ISSUED = NUMBERS[:6]  # they begin as a payment card's number does; in a text that somebody typed no others count


def shapes(number):
    """As a scanner or a reader may send it: AIM identifier and text."""
    groups = [number[at:at + 4] for at in range(0, len(number), 4)]
    return [("]C0", number), ("", number), ("]Q1", number), ("", f";{number}=29121010000012300000?"),
            ("", f"%B{number}^PETROVIC/MILICA^29121010000012300000?"), ("", " ".join(groups)), ("]d2", "-".join(groups))]


def encodings(number):
    """What the digits look like in a file: text, wide text, hex of it, packed digits, an integer, base 64."""
    text = number.encode()
    packed = bytes.fromhex(number if len(number) % 2 == 0 else number + "f")
    filled = bytes.fromhex(number if len(number) % 2 == 0 else "0" + number)
    value = int(number)
    wide = {"little": value.to_bytes(8, "little"), "big": value.to_bytes(8, "big")}
    found = {"text": text, "UTF-16 little": number.encode("utf-16-le"), "UTF-16 big": number.encode("utf-16-be"),
             "hex of the text": text.hex().encode(), "packed": packed, "packed with a zero": filled,
             "hex of the number": f"{value:x}".encode(), "little-endian": wide["little"], "big-endian": wide["big"],
             "in groups": b" ".join(text[at:at + 4] for at in range(0, len(text), 4)),
             "with dashes": b"-".join(text[at:at + 4] for at in range(0, len(text), 4))}
    for shift in range(3):  # the same text at each place within three bytes
        found[f"base 64 at {shift}"] = base64.b64encode(b"\0" * shift + text)[4:len(text) // 3 * 4 - 4]
    return found


def traces(data):
    return [(number, name) for number in NUMBERS for name, needle in encodings(number).items()
            if needle in data or needle.upper() in data]


def search(folder, skip):
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and skip not in path.parents]
    return files, [(str(path.relative_to(folder)), *trace) for path in files for trace in traces(path.read_bytes())]


def prove_search(folder):
    """It finds what is there."""
    for name, needle in encodings(NUMBERS[0]).items():
        (folder / "planted").write_bytes(os.urandom(500) + needle + os.urandom(500))
        _, found = search(folder, folder / "none")
        if not any(trace[2] == name for trace in found):
            raise Failure(f"a number planted as {name} was not found: {found}")
    (folder / "planted").unlink()


def present_all(lane, scanner, screen):
    """Every number in every shape, half of them by the scanner."""
    for at, number in enumerate(NUMBERS):
        for shape, (aim, text) in enumerate(shapes(number)):
            if (at + shape) % 2:
                check(f"the kind of {text}", lane.scan(text, aim), "payment")
                continue
            lane.ask("/v1/tap", {"action": "dismiss"})
            since = screen.mark()
            scanner.scan({"aim": aim, "data": text})
            if screen.wait(lambda m: "payment card" in m["main"], since) is None:
                raise Failure(f"{aim}{text} by the scanner: the screen says {screen.last().get('main')!r}")


def refused_requests(till):
    """Numbers within what can't be read."""
    for number in NUMBERS:
        for body in (f'{{"aim":"]C0","data":"{number}"', f'{{"aim":"{number}","data":"1"}}', f'{{"data":{number}}}',
                     f'{{"data":"{number}","data":"{number}"}}', f'{{"{number}":1}}', number, f'{{"data":"{number * 300}"}}'):
            answer = post(till, "/v1/scan", body.encode())
            if answer is None or answer[0] != 400 or traces(answer[2]):
                raise Failure(f"{body[:100]} was answered {answer}")
        raw(till, f"GET /v1/screens/{number}?locale={number} HTTP/1.1\r\nHost: localhost\r\nX-Card: {number}\r\n\r\n".encode())
        raw(till, f"{number} / HTTP/1.1\r\n\r\n".encode())
        post(till, "/v1/tap", {"action": number})


def keys_of_a_pos(till, lane, text):
    """Where a sale is named: refused with the place."""
    for key in ("pos", "date", "receipt"):
        sale = {**lane.sale, key: text}
        basket = {**lane.basket, "sale": sale}
        for path, body, where in (("quote", {"basket": basket}, "/basket/sale"), ("hold", {"basket": basket, "step": 0}, "/basket/sale"),
                                  ("commit", {"sale": sale, "basket": basket}, ""), ("cancel", {"sale": sale}, "/sale"),
                                  ("void", {"sale": sale}, "/sale"), ("choice", {"sale": sale, "spend_points": 0}, "/sale"),
                                  ("return", {"sale": lane.sale, "of": sale}, "/of"), ("return", {"sale": sale, "of": lane.sale}, "/sale")):
            answer = post(till, f"/v1/{path}", body)
            expect_problem(f"{path} with {text} as {key}", answer, 400, f"{where}/{key}" if where else None)
            check("in the answer", traces(answer[2]), [])


def texts_of_a_pos(till, lane):
    """Whole sales with numbers wherever a POS may put a text of its own."""
    for number in ISSUED:
        groups = [number[at:at + 4] for at in range(0, len(number), 4)]
        for text in (number, "V-" + " ".join(groups), "-".join(groups)):
            lane.open(1, 2)
            keys_of_a_pos(till, lane, text)
            lane.basket["operator"] = text
            lane.basket["note"] = {"of": [text]}
            for line in lane.basket["lines"]:
                line["name"] = f"Gift {text} card"
            lane.basket["lines"][0]["code"] = "77"  # goods that the catalogue lacks: their names are journaled
            lane.quote()
            lane.hold()
            lane.ask("/v1/commit", {"sale": lane.sale, "fiscal": text})
            hold, entry = [line["entry"] for line in till.journal() if line["entry"]["kind"] in ("hold", "commit")][-2:]
            check("the name that is stored", hold["body"]["basket"]["lines"][0][-1]["name"][-len("1234 card"):].replace("-", ""),
                  f"{text} card"[-len("1234 card"):].replace("-", ""))
            check("the fiscal number that is stored", entry["body"]["fiscal"].translate({ord("-"): None, ord(" "): None})[-5:], f"*{number[-4:]}")
            used = {"sale": lane.sale, "fiscal": "F-other", "note": text}
            expect_problem("a receipt number that is used again", post(till, "/v1/commit", used), 409)


def texts_of_an_import(chain):
    """The hub's masters."""
    for number in ISSUED[:3]:
        member = json.dumps({"id": 900, "cards": [], "first_name": f"V-{number}"})
        for verb, words, text in (("members import", ["/dev/stdin"], member), ("store add", ["s9", "--name", number], None),
                                  ("store add", [number], None)):
            try:
                chain.hub(verb, *words, stdin=text)
            except Failure as failure:
                check(f"{verb}: {failure}, told", "payment card's number" in str(failure), True)
            else:
                raise Failure(f"{verb} took {number}")


def all_phases(chain):
    till, scanner = till_with_scanner(chain)
    screen, events = Stream(till.socket, "/v1/screen?locale=en"), Stream(till.socket, "/v1/events")
    lane = Lane(till)
    present_all(lane, scanner, screen)  # idle
    refused_requests(till)
    lane.open(1, 2)
    lane.quote()
    present_all(lane, scanner, screen)  # a basket is open
    lane.card(6)
    lane.quote()
    present_all(lane, scanner, screen)  # and a member is there
    check("the member stays", lane.quote()["member"]["first_name"], "Petar")
    lane.hold()
    present_all(lane, scanner, screen)  # being paid
    lane.commit()
    present_all(lane, scanner, screen)  # done
    lane.ask("/v1/void", {"sale": lane.sale})
    present_all(lane, scanner, screen)  # voided
    chain.kill_hub()
    present_all(lane, scanner, screen)  # offline
    chain.start_hub()
    lane.sell(6)
    texts_of_a_pos(till, lane)
    texts_of_an_import(chain)
    till.wait_drained()
    said = json.dumps([screen.lines, events.lines, till.status(), till.journal()]).encode()
    check("in what the agent says", traces(said), [])
    files, found = search(chain.folder, chain.chain)
    check("in files", found, [])
    till.kill()  # what is only in a write-ahead log stays there
    files, found = search(chain.folder, chain.chain)
    check("in files after a kill", found, [])
    names = {path.name for path in files}
    check("files searched", {"journal.db", "journal.db-wal", "hub.db", "agent-t1.log", "hub.log"} - names, set())
    if not any(name.startswith("cache") for name in names):
        raise Failure(f"no cache among {names}")
    scratch = chain.folder / "scratch"
    scratch.mkdir()
    prove_search(scratch)
    shutil.rmtree(scratch)
    scanner.close()


if __name__ == "__main__":
    run_cases(all_phases)
