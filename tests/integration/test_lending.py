"""Tills of one store lend to each other over TLS while the hub is away: what one has, another redeems, and nothing twice.

A right is left at a till by a choice of points whose sale stays open. PostgreSQL underneath is test_postgres.py's."""
import contextlib
import http.client
import json
import random
import signal
import socket
import ssl
import subprocess
import threading
import time

from chain import Lane, check, check_says, run_cases, wait_for
from practice_shop import Failure
from rogue import Liar, Rogue

PORT = 7445


def store(chain, count=3):
    """Tills of store s1 that know each other: whoever comes is heard of at once."""
    tills = [chain.till(f"t{number}", peer_address=chain.address[:-1] + str(number), peer_port=PORT) for number in range(1, count + 1)]
    for till in tills:
        till.wait_status("the roster", lambda s: len(s["lending"]["neighbours"]) == count - 1, 5)
        till.wait_drained()
    return tills


def pick(chain):
    """A member with points enough to play with."""
    return max(chain.members().values(), key=lambda row: row["balance"])


def choose(till, member, points, receipt):
    """A sale with the member's card and that many points chosen; the answer's choices, and how long the choice took in ms."""
    lane = Lane(till, receipt=receipt)
    lane.open(*range(1, 20))
    lane.quote()
    lane.card(member)
    lane.quote()
    began = time.monotonic()
    answer = lane.api.post("/v1/choice", {"sale": lane.sale, "spend_points": points})
    return lane, answer, (time.monotonic() - began) * 1000


def redeem(till, member, points, receipt):
    """Pays with points; how many it was, and what the choice took."""
    lane, answer, took_ms = choose(till, member, points, receipt)
    if answer.status != 200 or answer.json["outcome"].get("points_spent", 0) == 0:
        return 0, took_ms
    spent = answer.json["outcome"]["points_spent"]
    lane.hold()
    lane.commit()
    return spent, took_ms


def close(till, receipt):
    """The next receipt begins: what an open one had, and did not use, goes back."""
    lane = Lane(till, receipt=receipt)
    lane.open(1)
    lane.quote()
    lane.hold()
    lane.commit()


def agree(chain, tills, member, before, spent, sold):
    """The hub is there again: everything arrives, and a customer has what he had, without what he spent."""
    chain.start_hub()
    compare(chain, tills, member, before, spent, sold)


def compare(chain, tills, member, before, spent, sold):
    """When everything has arrived at the hub."""
    for till in tills:
        till.wait_drained()
        till.wait_status("no give without its end", lambda s: s["lending"]["open_gives"] == 0, 40)
        till.wait_drained()
    chain.settle()
    check("contradictions", chain.audit(), [])
    ledger = chain.ledger(str(member["id"]))
    places = {place["place"]: place["amount"] for place in ledger["places"] if place["amount"]}
    check("the quarantine", json.loads(chain.hub("quarantine list", "--json"))["quarantine"], [])
    check("what is lent", places.get("lent", 0), 0)
    check("what is redeemed", places.get("redeemed", 0), spent)
    check("debts", places.get("debt", 0), 0)
    if ledger["balance"] != before - spent + sold:
        raise Failure(f"{before} points, {spent} spent, {sold} earned, and {ledger['balance']} are left: {places}")


def earned(chain, member):
    return sum(sale["points_earned"] for sale in chain.sales() if sale.get("member") == f"w{member['id']}" or sale.get("account") == f"w{member['id']}")


def a_store_that_is_cut_off_redeems_what_its_tills_hold(chain):
    member = pick(chain)
    one, two, three = store(chain)
    before = chain.balance(str(member["id"]))
    lane, answer, _ = choose(one, member["id"], 300, 100)
    check("the choice at the first till", answer.status, 200)
    wait_for("the right at till 1", lambda: any(e["entry"]["kind"] == "grant" for e in one.journal()))
    one.wait_drained()
    chain.kill_hub()
    two.wait_status("the hub is away", lambda s: not s["online"], 30)
    three.wait_status("the hub is away", lambda s: not s["online"], 30)
    spent, took_ms = redeem(two, member["id"], 200, 1)
    two.process.send_signal(signal.SIGSTOP)  # before it is asked
    check("paid with at the second till", spent, 200)
    check_says("verno status of the lender", one.words(), r"\n +1 loan to another till is not confirmed yet: whoever borrowed is asked for it\n")
    two.process.send_signal(signal.SIGCONT)
    print(f"       a redemption through a neighbour took {took_ms:.0f} ms")
    check("the lender's journal ends with", one.journal()[-1]["entry"]["kind"], "give")
    check("the borrower's journal has", [e["entry"]["kind"] for e in two.journal()][-3:], ["take", "hold", "commit"])
    rest, _ = redeem(three, member["id"], 100, 1)
    check("paid with at the third till", rest, 100)
    none, _ = redeem(two, member["id"], 50, 2)
    check("paid with when nobody has any", none, 0)
    close(one, 101)
    one.wait_status("the hub is away", lambda s: not s["online"], 30)
    status = two.status()["lending"]
    check("borrowed", status["borrowed"], 1)
    chain.start_hub()
    for till in (one, two, three):
        till.wait_drained()
    chain.kill_hub()
    agree(chain, (one, two, three), member, before, 300, earned_later(chain, member))


def earned_later(chain, member):
    chain.start_hub()
    sold = earned(chain, member)
    chain.kill_hub()
    return sold


def ask_aside(lane, points):
    """The choice in a thread; what came of it, when it is joined."""
    box = {}

    def ask():
        with contextlib.suppress(OSError, http.client.HTTPException):
            box["answer"] = lane.api.post("/v1/choice", {"sale": lane.sale, "spend_points": points})

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, box


def a_neighbour_that_is_killed_in_mid_transfer_loses_nothing(chain):
    """Rounds in which the lender or the borrower is killed within the milliseconds of a loan; in each the hub comes back."""
    member = pick(chain)
    one, two, three = store(chain)
    before, spent, lent = chain.balance(str(member["id"])), 0, 0
    draw = random.Random(7)
    for number in range(8):
        _, answer, _ = choose(one, member["id"], 60, 100 + number)
        check("the choice at the first till", answer.status, 200)
        one.wait_drained()
        chain.kill_hub()
        two.wait_status("the hub is away", lambda s: not s["online"], 30)
        lane = Lane(two, receipt=number)
        lane.open(*range(1, 20))
        lane.quote()
        lane.card(member["id"])
        lane.quote()
        victim = (one, two)[number % 2]
        asking, box = ask_aside(lane, 60)
        time.sleep(draw.uniform(0, 0.03))
        victim.kill()
        asking.join()
        victim.start()
        answer = box.get("answer")
        if victim is one and answer is not None and answer.status == 200 and answer.json["outcome"].get("points_spent", 0) == 60:
            lane.hold()
            lane.commit()
            spent += 60
        lent += sum(entry["entry"]["kind"] == "give" for entry in one.journal())
        chain.start_hub()
        for till in (one, two):
            till.wait_drained()
            till.wait_status("no give without its end", lambda s: s["lending"]["open_gives"] == 0, 40)
        close(two, 50 + number)
        close(one, 200 + number)
    for till in (one, two):
        till.wait_drained()
    print(f"       {spent // 60} of 8 loans were paid with, {lent} gives were seen")
    agree_all(chain, (one, two, three), member, before, spent)


def agree_all(chain, tills, member, before, spent):
    chain.kill_hub()
    agree(chain, tills, member, before, spent, earned_later(chain, member))


def strangers_get_nothing(chain):
    one, two = store(chain, 2)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    address = one.status()["lending"]
    check("it listens", address["listens"], True)
    raw = socket.create_connection((chain.address[:-1] + "1", PORT), timeout=10)
    with context.wrap_socket(raw) as line:
        line.sendall(b"POST /v1/peer/have HTTP/1.1\r\nHost: x\r\nContent-Length: 28\r\n\r\n" + b'{"schema":1,"accounts":["w1"]}'[:28])
        check("what a client without a certificate hears", line.recv(100).split()[1], b"401")
    two.stop()


def neighbours(till, *names):
    till.wait_status(f"{names} beside {till.name}", lambda s: sorted(row["till"] for row in s["lending"]["neighbours"]) == sorted(names), 5)


def who_comes_and_goes_is_heard_of_within_seconds(chain):
    one, two = store(chain, 2)
    three = chain.till("t3", peer_address=chain.address[:-1] + "3", peer_port=PORT)
    for till, others in ((one, ("t2", "t3")), (two, ("t1", "t3")), (three, ("t1", "t2"))):
        neighbours(till, *others)
    three.stop()
    three.configure(locale="en", peer_address=chain.address[:-1] + "4", peer_port=PORT)
    three.start()
    one.wait_status("where till 3 is now", lambda s: any(row["address"] == chain.address[:-1] + "4" for row in s["lending"]["neighbours"]), 10)
    rogue = Rogue(chain, "t4")
    code, document = rogue.call("GET", "/v1/roster")
    check("the roster of somebody who has not said where he listens", code, 200)
    number = json.loads(document["roster"])["number"]
    code, nothing = rogue.call("GET", "/v1/roster", If_None_Match=f'"1.{number}"')
    check("the one that he has", (code, nothing), (304, b""))
    check("an older one", rogue.call("GET", "/v1/roster", If_None_Match=f'"1.{number - 1}"')[0], 200)
    chain.hub("till revoke t3")
    neighbours(one, "t2")
    neighbours(two, "t1")


def of_before_lending(chain, till):
    """The till's certificate is one for clients alone, as they were before tills lent to each other: else the same."""
    certificate, request = till.folder / "till.crt", chain.folder / "request.pem"
    serial = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-serial"], capture_output=True, text=True, check=True).stdout
    uses = chain.folder / "uses.cnf"
    uses.write_text("basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,clientAuth\n"
                    "authorityKeyIdentifier=keyid\n")
    name = json.loads((till.folder / "enrolment.json").read_text())["enrolment"]
    subprocess.run(["openssl", "req", "-new", "-key", till.folder / "till.key", "-subj", f"/CN={name}", "-out", request], check=True)
    issuing = chain.hub_dir / "issuing.pem"
    made = subprocess.run(["openssl", "x509", "-req", "-in", request, "-CA", issuing, "-CAkey", issuing, "-days", "365", "-sha256", "-extfile", uses,
                           "-set_serial", "0x" + serial.strip().partition("=")[2]], capture_output=True, text=True, check=True).stdout
    behind = certificate.read_text().partition("-----END CERTIFICATE-----\n")[2]
    certificate.write_text(made + behind)


def a_till_of_before_lending_says_so_and_is_mended_by_its_next_certificate(chain):
    one, two = store(chain, 2)
    one.stop()
    of_before_lending(chain, one)
    one.start()
    one.wait_live()
    told = one.status()["lending"]
    check("it listens", told["listens"], False)
    check_says("verno status", one.words(), "certificate is from before tills lent to each other")
    for till in (one, two):
        till.stop()
    chain.stop_hub()
    clock = chain.wrong_clock(300 * 86400)  # when certificates are renewed anyhow; by itself it is ten minutes, drawn
    chain.start_hub(**clock)
    one.start(**clock)
    one.wait_status("it listens", lambda s: s["lending"]["listens"], 30)
    if "trouble" in (told := one.status()["lending"]):
        raise Failure(told["trouble"])


def place_of(rogue, address):
    """What a till says of itself so that it is in the roster."""
    point = subprocess.run(["openssl", "ec", "-in", rogue.till.folder / "till.key", "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout[-65:]
    return json.dumps({"peer": {"addresses": [address], "port": PORT, "key": point.hex()}}).encode()


def rogue_in_the_store(chain):
    """Two tills, and a third that lies: enrolled as they are, and in their roster."""
    tills, rogue = store(chain, 2), Rogue(chain, "t9")
    rogue.address = chain.address[:-1] + "9"
    check("its report", rogue.call("POST", "/v1/status", place_of(rogue, rogue.address))[0], 200)
    neighbours(tills[0], "t2", "t9")
    neighbours(tills[1], "t1", "t9")
    return *tills, rogue


def give_of(rogue, request, **other):
    return json.dumps({"schema": 1, "transfer": request["transfer"], "lender": rogue.enrolment, "borrower": request["transfer"].partition("-")[0],
                       "account": request["account"], "amount": request["amount"], "signature": "3006020101020101", **other}).encode()


def neighbours_that_lie_are_told_of_and_the_next_one_lends(chain):
    member = pick(chain)
    one, two, rogue = rogue_in_the_store(chain)
    account, each = f"w{member['id']}", 50
    choose(two, member["id"], 7 * each, 100)
    two.wait_drained()

    def rich(handler, _):
        handler.send_reply(200, json.dumps({"schema": 1, "rights": [{"account": account, "available": 1000000}]}).encode())

    def giving(**other):
        return lambda handler, body: handler.send_reply(200, give_of(rogue, json.loads(body), **other))

    def silent(handler, _):
        handler.server.lies = {}.fromkeys(handler.server.lies, silent)  # from now on: who answers again has no trouble any more
        time.sleep(2)
        handler.close_connection = True

    lies = ((giving(amount=each + 1), f"it gave {each + 1} of {account}, and was asked for {each} of {account}"),
            (giving(account="w999"), f"it gave {each} of w999, and was asked for {each} of {account}"),
            (giving(transfer="ab" * 16 + "-7", borrower="ab" * 16), "it gave another transfer than it was asked for"),
            (giving(), "its give is not signed by the key that the roster has of it"),
            (lambda handler, _: handler.send_reply(200, b"rubbish"), "JSON"),
            (silent, "no answer from till t9"))
    with Liar((rogue.address, PORT), rogue.till.folder / "till.crt", rogue.till.folder / "till.key", {"/v1/peer/have": rich}) as liar:
        chain.kill_hub()
        one.wait_status("the hub is away, and t9 was greeted", lambda s: not s["online"] and all(row["answered"] for row in s["lending"]["neighbours"]), 30)
        for number, (lie, sentence) in enumerate(lies):
            liar.tell({"/v1/peer/have": rich, "/v1/peer/lend": lie})
            spent, took_ms = redeem(one, member["id"], each, number)
            check(f"paid with, where t9 lies ({sentence})", spent, each)
            if took_ms > 1000:
                raise Failure(f"the cashier waited {took_ms:.0f} ms: {sentence}")
            check_says("verno status", one.words(), sentence)
            check_says("the agent's log", one.log.read_text(), sentence)
    takes = [e["entry"]["body"] for e in one.journal() if e["entry"]["kind"] == "take"]
    check("loans", [(take["lender"] == rogue.enrolment, take["amount"]) for take in takes], [(False, each)] * len(lies))


def ask_as(rogue, address, path, document):
    """A request of the rogue to its neighbour, by its own certificate."""
    context = ssl.create_default_context(cafile=str(rogue.till.folder / "hub-ca.crt"))
    context.check_hostname, context.maximum_version = False, ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(str(rogue.till.folder / "till.crt"), str(rogue.till.folder / "till.key"))
    connection = http.client.HTTPSConnection(address, PORT, context=context, timeout=10)
    try:
        connection.request("POST", path, json.dumps(document), {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def what_a_neighbour_asks_for_wrongly_is_refused_with_a_reason(chain):
    member = pick(chain)
    one, two, rogue = rogue_in_the_store(chain)
    account, address = f"w{member['id']}", chain.address[:-1] + "2"
    choose(two, member["id"], 100, 100)
    two.wait_drained()
    mine, other = f"{rogue.enrolment}-1", json.loads((one.folder / "enrolment.json").read_text())["enrolment"] + "-1"
    lend = {"schema": 1, "transfer": mine, "account": account, "amount": 30}
    end = {"transfer": mine, "lender": rogue.enrolment, "borrower": json.loads((one.folder / "enrolment.json").read_text())["enrolment"],
           "account": account, "amount": 30, "schema": 1}
    first = ask_as(rogue, address, "/v1/peer/lend", lend)
    check("what it may have", first[0], 200)
    check("the same once more", ask_as(rogue, address, "/v1/peer/lend", lend)[1].partition('"signature"')[0], first[1].partition('"signature"')[0])
    for path, document, code, sentence in (("lend", {**lend, "amount": 31}, 409, "that transfer was another one"),
                                           ("lend", {**lend, "transfer": other}, 403, "the transfer's number is another till's"),
                                           ("lend", {**lend, "transfer": mine + "2", "amount": 71}, 409, "this till has less of it by now"),
                                           ("lend", {**lend, "schema": 99, "transfer": mine + "3"}, 400, "schema"),
                                           ("end", {**end, "transfer": other}, 403, "the transfer is not between these two tills")):
        status, said = ask_as(rogue, address, f"/v1/peer/{path}", document)
        check(f"{path} {document}", status, code)
        check_says("the answer", said, sentence)
        if code != 409 or "another" in sentence:  # that it has less than it said is no lie of anybody
            check_says("verno status", two.words(), sentence)
            check_says("the agent's log", two.log.read_text(), sentence)
    gives = [e["entry"]["body"]["amount"] for e in two.journal() if e["entry"]["kind"] == "give"]
    check("what was lent", gives, [30])
    check_says("verno status", two.words(), "was refused: the agent's log says why")


if __name__ == "__main__":
    run_cases(who_comes_and_goes_is_heard_of_within_seconds, a_till_of_before_lending_says_so_and_is_mended_by_its_next_certificate,
              neighbours_that_lie_are_told_of_and_the_next_one_lends, what_a_neighbour_asks_for_wrongly_is_refused_with_a_reason,
              a_store_that_is_cut_off_redeems_what_its_tills_hold, a_neighbour_that_is_killed_in_mid_transfer_loses_nothing,
              strangers_get_nothing)
