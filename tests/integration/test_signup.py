"""A till signs a customer up by his card: the answer is his row, the same for all who ask, and other tills hear of him."""
import hashlib
import hmac
import json
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from hub_raw import Hub, Till, expect  # noqa: E402

PER_MINUTE = 30  # VN_SIGNUPS_MINUTE


def till_of(hub, name):
    till = Till(hub)
    till.enrol(hub.verb("till", "code", "s1", name).strip())
    return till


def card(till, number):
    return hmac.new(till.key, number.encode(), hashlib.sha256).hexdigest()


def sign_up(till, number, **more):
    status, text = till.call("POST", "/v1/members", json.dumps({"schema": 1, "card": card(till, number), **more}))
    return status, json.loads(text)


def told_to_all(hub, tills):
    status, first = sign_up(tills[0], "2990000000123", first_name="Ana", consents=["sms"])
    expect("a new member", status, 201)
    expect("his card", first["cards"], [card(tills[0], "2990000000123")])
    expect("his name", first["member"]["first_name"], "Ana")
    status, again = sign_up(tills[1], "2990000000123", first_name="Eva")
    expect("a known one", (status, again["member"]["first_name"], again["member"]["account"]), (200, "Ana", first["member"]["account"]))
    told = [row for row in tills[1].feed("/v1/feed?cursor=1.0&wait=20")[1] if row["kind"] == "member"]
    expect("members in the feed", [row["member"]["account"] for row in told].count(first["member"]["account"]), 1)
    number = int(first["member"]["account"][1:])
    shown = hub.json("members", "show", str(number))
    expect("what the hub has", (shown["provisional"], shown["consents"]), (True, ["sms"]))
    hub.verb("members", "import", hub.file("blocked", {"id": number, "cards": ["2990000000123"], "blocked": True}))
    status, problem = sign_up(tills[0], "2990000000123")
    expect("a blocked one", (status, "blocked" in problem["detail"]), (409, True))


def wrong_requests(tills):
    for body, pointer in (({"card": "12"}, "/card"), ({"card": "00" * 32, "first_name": 7}, "/first_name"),
                          ({"card": "00" * 32, "consents": ["a", "a"]}, "/consents/1"),
                          ({"card": "00" * 32, "first_name": "4111111111111111"}, "/first_name")):
        status, text = tills[0].call("POST", "/v1/members", json.dumps({"schema": 1, **body}))
        expect(f"{body} is refused", (status, json.loads(text).get("pointer")), (400, pointer))


def too_many(tills):
    answers = []
    while len(answers) <= 2 * PER_MINUTE and (not answers or answers[-1] != 429):  # a minute may end on the way
        answers.append(sign_up(tills[2], "2990000000999")[0])
    expect("the first and the last answer", (answers[0], answers[-1], len(answers) > PER_MINUTE), (201, 429, True))
    expect("another till", sign_up(tills[1], "2990000000999")[0], 200)


def main():
    with tempfile.TemporaryDirectory(prefix="verno-signup-") as name:
        hub = Hub(pathlib.Path(name))
        try:
            hub.verb("init", "--name", "Sign-up", "--root-dir", str(hub.folder / "root"))
            hub.start()
            hub.verb("store", "add", "s1")
            tills = [till_of(hub, f"t{number}") for number in range(3)]
            told_to_all(hub, tills)
            wrong_requests(tills)
            too_many(tills)
        finally:
            if hub.process is not None and hub.process.poll() is None:
                hub.kill()
    print("a till signs customers up")


main()
