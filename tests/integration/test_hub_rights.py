"""Rights at a running hub: what other tills hold is asked back while their long-polls are open, nobody else waits meanwhile, a share
goes ahead to where a member shops, and a till that is gone is written off."""
import json
import pathlib
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hub_raw import Hub, Till, expect  # noqa: E402


class Lender(Till):
    """A till with counters, that fetches and releases what it is told to."""

    def __init__(self, hub, store, name):
        super().__init__(hub)
        self.boot = name.encode().hex().ljust(32, "0")
        self.granted, self.out, self.released = {}, {}, {}
        self.cursor, self.told = "1.0", (0, 0)
        expect("enrolling", self.enrol(hub.verb("till", "code", store, name).strip()), 200)
        self.append(kind="boot", body={"boot": self.boot, "version": "test", "engine": 1})
        expect("its first entry", self.send()[0], 200)

    def right(self, account, move=0):
        return {"account": account, "granted": self.granted.get(account, 0), "in": 0, "out": self.out.get(account, 0), "move": move}

    def ask(self, *wants):
        """POST /v1/rights, and what comes is journaled."""
        rows = [{"account": account, "granted": granted} for account, granted in wants]
        status, text = self.call("POST", "/v1/rights", json.dumps({"schema": 1, "wants": rows}))
        expect(f"rights: {text}", status, 200)
        reply = json.loads(text)
        if reply["number"] > self.grant:
            self.grant = reply["number"]
            for grant in reply["grants"]:
                self.granted[grant["account"]] = grant["granted"]
            first = self.head + 1
            self.append(kind="grant", rights=[self.right(grant["account"]) for grant in reply["grants"]],
                        body={"number": self.grant, "slices": []})
            expect("the grant's entry", self.send(first)[0], 200)
        return reply

    def release(self, back):
        for row in back:
            account = row["account"]
            amount = min(row["released"] - self.released.get(account, 0), self.granted[account] - self.out.get(account, 0))
            self.released[account] = self.released.get(account, 0) + amount
            self.out[account] = self.out.get(account, 0) + amount
            first = self.head + 1
            self.append(kind="release", rights=[self.right(account, amount)])
            expect("the release", self.send(first)[0], 200)

    def poll(self, wait):
        """One long-poll; whether its header has something new."""
        link = self.link()
        link.request("GET", f"/v1/feed?cursor={self.cursor}&wait={wait}", headers=self.stamp())
        response = link.getresponse()
        lines = response.read().decode().splitlines()
        expect(f"the feed: {lines[:1]}", response.status, 200)
        self.cursor = json.loads(lines[0])["cursor"]
        link.close()
        before, self.told = self.told, tuple(int(number) for number in response.headers["Verno-Rights"].split("."))
        return self.told != before

    def catch_up(self):
        while self.poll(0):
            pass

    def listen(self, until=20):
        """On a thread: polls until there is something to fetch, then fetches and releases."""
        def run():
            end = time.monotonic() + until
            while not self.poll(10) and time.monotonic() < end:
                pass
            self.heard = self.ask()
            self.release(self.heard.get("back", []))
        self.heard = None
        self.catch_up()
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        time.sleep(0.4)  # the poll is open, and what was closed before is told
        return thread


def timed(function):
    began = time.monotonic()
    return function(), time.monotonic() - began


def check_asked_back(a, b):
    a.ask(("w1", 500))
    expect("what A has", a.granted["w1"], 500)
    thread = a.listen()
    reply, took = timed(lambda: b.ask(("w1", 200)))
    thread.join(20)
    print(f"asked back and granted in {took * 1000:.0f} ms")
    expect("B's grant", (reply["grants"][0]["granted"], reply["grants"][0]["elsewhere"]), (200, 300))
    expect("what was asked of A", a.heard["back"], [{"account": "w1", "released": 200}])
    expect("in time", took < 1, True)
    expect("once more: it is the same", b.ask(("w1", 200))["grants"][0]["granted"], 200)


def check_nobody_answers(a, b, c):
    reply, took = timed(lambda: c.ask(("w1", 100)))
    expect("nobody is there", (reply["grants"][0]["granted"], reply["grants"][0]["elsewhere"]), (0, 500))
    expect(f"nobody is waited for: {took:.2f} s", took < 0.7, True)
    a.catch_up()
    heard = a.ask()  # it hears of it, keeps its poll open, and releases nothing
    thread = threading.Thread(target=lambda: [a.poll(1) for _ in range(3)], daemon=True)
    thread.start()
    time.sleep(0.4)
    waiting = {}
    asker = threading.Thread(target=lambda: waiting.update(zip(("reply", "took"), timed(lambda: c.ask(("w1", 100))))), daemon=True)
    asker.start()
    time.sleep(0.2)
    _, others = timed(lambda: b.ask(("c1", 0)))
    asker.join(20)
    thread.join(20)
    expect(f"another till is answered meanwhile: {others:.2f} s", others < 0.5, True)
    expect("nothing came", waiting["reply"]["grants"][0]["granted"], 0)
    expect(f"the wait ends: {waiting['took']:.2f} s", 0.8 < waiting["took"] < 2, True)
    a.release(heard["back"])
    expect("it came later", c.ask(("w1", 100))["grants"][0]["granted"], 100)


def check_ahead(hub, a, c):
    for till in a, c:
        till.ask()  # it fetches what it did not ask for
    thread = a.listen()
    first = a.head + 1
    a.append(kind="commit", sale=["1", "2026-11-22", "7"], account="w2", points=0,
             body={"fiscal": "F7", "outcome": {"total_minor": 1000, "payable_minor": 1000}})
    expect("the sale", a.send(first)[0], 200)
    thread.join(20)
    expect("a share is here", a.granted["w2"], 50)
    thread = a.listen()
    first = c.head + 1
    c.append(kind="commit", sale=["1", "2026-11-22", "8"], account="w2", points=0,
             body={"fiscal": "F8", "outcome": {"total_minor": 1000, "payable_minor": 1000}})
    expect("the sale in the other store", c.send(first)[0], 200)
    thread.join(20)
    expect("what is asked back", a.heard["back"], [{"account": "w2", "released": 50}])
    c.ask()
    expect("a share is there", c.granted["w2"], 50)
    expect("the rest is free", hub.json("ledger", "--member", "2")["balance"], 100)


def check_owed(hub, a, c):
    """What a return takes back while it is ahead at another till: asked of that till, whose poll hears of it, and paid by what comes."""
    thread = a.listen()
    first = a.head + 1
    a.append(kind="commit", sale=["1", "2026-11-22", "10"], account="w3", points=100,
             body={"fiscal": "F10", "outcome": {"total_minor": 10000, "payable_minor": 10000, "points_earned": 100}})
    expect("the sale", a.send(first)[0], 200)
    thread.join(20)
    expect("a share is ahead", a.granted["w3"], 50)
    a.catch_up()
    asked, first = a.told[1], c.head + 1
    c.append(kind="return", sale=["1", "2026-11-22", "10"], body={"receipt": ["2", "2026-11-22", "900"]})
    expect("the return", c.send(first)[0], 200)
    deadline = time.monotonic() + 20
    while a.told[1] == asked and time.monotonic() < deadline:
        a.poll(2)
    expect("Verno-Rights says that it was asked once more", a.told[1], asked + 1)
    places = {row["place"]: row for row in hub.json("ledger", "--member", "3")["places"]}
    expect("owed", places["debt"]["amount"], -50)
    expect("asked back", places["right"].get("asked_back"), 50)
    expect("said to people", "50 asked back" in " ".join(hub.verb("ledger", "--member", "3").split()), True)
    heard = a.ask()
    expect("of whom it is asked", heard["back"], [{"account": "w3", "released": 50}])
    a.release(heard["back"])
    deadline = time.monotonic() + 20
    document = hub.json("ledger", "--member", "3")
    while any(row["place"] == "debt" for row in document["places"]) and time.monotonic() < deadline:
        time.sleep(0.1)
        document = hub.json("ledger", "--member", "3")
    expect("nothing is owed", [row for row in document["places"] if row["place"] in ("debt", "right", "free")], [])
    expect("what paid it", [(row["why"], row["from"], row["to"], row["amount"]) for row in document["movements"]][-2:],
           [("release", "right", "free", 50), ("release", "free", "debt", 50)])


def check_settled(hub, c):
    hub.verb("setting", "set", "risk-total", "40")
    hub.verb("setting", "set", "risk-till", "40")
    c.ask(("r", 40))
    c.out["r"], first = 30, c.head + 1
    c.append(kind="commit", sale=["1", "2026-11-22", "11"], account="w4", points=-30, rights=[c.right("r", 30)],
             body={"fiscal": "F11", "outcome": {"total_minor": 9000, "payable_minor": 9000, "points_spent": 30, "consumptions": [
                 {"account": "w4", "amount": 30, "risk": True}, {"account": "r", "amount": 30}]}})
    expect("the sale", c.send(first)[0], 200)
    deadline = time.monotonic() + 20
    while not hub.json("risk", "list")["risks"] and time.monotonic() < deadline:
        time.sleep(0.1)
    expect("who owes", hub.json("risk", "list"), {"risks": [{"account": "w4", "points": 30}], "owed": 30, "lost": 0, "total": 40})
    expect("said to people", "30 of 40 points are owed\n" in hub.verb("risk", "list"), True)
    said = hub.verb("risk", "settle", "w4", code=1)
    expect(f"nothing is done: {said!r}", "risk settle w4 --loss 30" in said, True)
    hub.verb("risk", "settle", "w4", "--loss", "29", code=1)
    hub.verb("risk", "settle", "w4", "--loss", "x", code=2)
    hub.verb("risk", "settle", "w77", code=1)
    said = hub.verb("risk", "settle", "w3", code=1)
    expect(f"who owes nothing: {said!r}", "there is nothing to settle" in said, True)
    said = hub.verb("risk", "settle", "w4", "--loss", "30")
    expect(f"it says what: {said!r}", "w4 is settled; lost: 30 points" in said, True)
    expect("nobody owes", hub.json("risk", "list")["risks"], [])
    document = hub.json("ledger", "--member", "4")
    expect("the balance", document["balance"], 0)
    expect("the movement", document["movements"][-1]["why"], "settled")
    expect("who did it is in the log", "risk_settled account=w4 points=30 by=\"uid " in hub.log.read_text(), True)


def check_written_off(hub):
    said = hub.verb("till", "write-off", "t1", code=1)
    expect(f"nothing is done: {said!r}", "nothing was done" in said, True)
    points = json.loads(hub.verb("till", "write-off", "t1", "--json", code=1))["points"]
    hub.verb("till", "write-off", "t1", "--loss", str(points + 1), code=1)
    hub.verb("till", "write-off", "t1", "--loss", "x", code=2)
    hub.verb("till", "write-off", "t7", code=1)
    said = hub.verb("till", "write-off", "t1", "--loss", str(points))
    expect(f"it says what: {said!r}", f"written off; lost: {points} points" in said, True)
    expect("the member has all", hub.json("ledger", "--member", "1")["balance"], 500)
    expect("the state", [till["state"] for till in hub.json("fleet")["tills"] if till["till"] == "t1"], ["revoked"])
    said = hub.verb("till", "write-off", "t1", code=1)
    expect("there is nothing left to do", said, "verno-hub: t1 was written off before, and holds nothing\n")
    points = json.loads(hub.verb("till", "write-off", "u1", "--json", code=1))["points"]
    said = hub.verb("till", "write-off", "u1", "--loss", str(points))
    expect(f"its part of the risk: {said!r}", " 10 points of the chain's risk, of 1 enrolment\n" in said, True)
    expect("what is lost of the risk", "0 of 40 points are owed, 10 were lost\n" in hub.verb("risk", "list"), True)
    hub.verb("audit")


def main():
    with tempfile.TemporaryDirectory() as folder:
        hub = Hub(pathlib.Path(folder))
        hub.verb("init", "--name", "Test chain", "--host", "hub.example")
        hub.start()
        try:
            for store in "s1", "s2":
                hub.verb("store", "add", store, "--name", store)
            hub.verb("members", "import", hub.file("members", {"id": 1, "cards": ["2990000000017"], "balance": 500},
                                                   {"id": 2, "cards": ["2990000000024"], "balance": 100},
                                                   {"id": 3, "cards": ["2990000000031"]}, {"id": 4, "cards": ["2990000000048"]}))
            hub.verb("coupons", "import", hub.file("coupons", {"number": "2991000000016", "promotion": "p1", "single_use": True}))
            a, b, c = Lender(hub, "s1", "t1"), Lender(hub, "s1", "t2"), Lender(hub, "s2", "u1")
            check_asked_back(a, b)
            check_nobody_answers(a, b, c)
            check_ahead(hub, a, c)
            check_owed(hub, a, c)
            check_settled(hub, c)
            check_written_off(hub)
        except SystemExit:
            print((hub.log).read_text()[-3000:])
            raise
        finally:
            hub.kill()
    print("rights go where they are wanted")


main()
