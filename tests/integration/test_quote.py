#!/usr/bin/python3
"""`verno quote`, `verno explain` and `verno check-rules` from outside: test_quote.py SOURCE BIN."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(sys.argv[1])
BIN = pathlib.Path(sys.argv[2])
EXAMPLES = SOURCE / "fixtures" / "baskets"
RULESETS = SOURCE / "fixtures" / "rulesets"
TOLD = SOURCE / "fixtures" / "explain"
NOON_MS = 1795345200000  # 2026-11-22T12:00 at +01:00
HEADER = {"ruleset": 7, "engine": 2, "currency": "RSD", "exponent": 2, "utc_offset_min": 60, "law": "rs",
          "utc_offsets": [{"from_ms": 1774746000000, "offset_min": 120}, {"from_ms": 1792890000000, "offset_min": 60}],
          "groups": [{"id": "shelf", "stage": "units", "base": "list", "choice": "first"}]}
MORNING = {"id": "morning", "group": "shelf", "when": {"hours": [["08:00", "11:00"]]},
           "then": {"kind": "percent_off", "rate_bp": 1000}}
FOLDER = None  # of the test that runs


def verno(*words, text="", code=0):
    done = subprocess.run([BIN / "verno", *words], input=text, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
    return done


def said(*words, text="", code=1):
    """The one sentence of a failure."""
    done = verno(*words, text=text, code=code)
    assert done.stdout == "" and done.stderr.count("\n") == 1 and done.stderr.startswith("verno "), done
    return done.stderr


def file(name, *documents):
    path = FOLDER / name
    path.write_text("".join(d + "\n" if isinstance(d, str) else json.dumps(d) + "\n" for d in documents), encoding="utf-8")
    return str(path)


def basket(amount=10000, code="1", **more):
    return {"sale": {"pos": "1", "date": "2026-11-22", "receipt": "1"}, "started_ms": NOON_MS,
            "lines": [{"id": 1, "code": code, "amount_minor": amount}], **more}


def has(found, expected):
    """Everything that is expected is there; null, 0 and an empty list are left out."""
    if found is None:
        return expected in (None, 0, [])
    if isinstance(expected, dict):
        return isinstance(found, dict) and all(has(found.get(k), v) for k, v in expected.items())
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(has, found, expected))
    return found == expected


def fnv(*parts):
    """What accounts.h names accounts by."""
    value = 0xcbf29ce484222325
    for byte in b"".join(part + b"\0" for part in parts):
        value = (value ^ byte) * 0x100000001b3 % 2**64
    return value


def examples():
    """The worked examples that name a ruleset, as requests: (name, ruleset, catalogue, request, what is expected)."""
    for path in sorted(EXAMPLES.glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(document.get("ruleset"), str):
            continue
        request = {key: document[key] for key in ("basket", "member", "rights", "stopped") if key in document}
        request["choices"] = document.get("choices") or {k: document[k] for k in ("spend_points", "spends", "coupons")
                                                         if k in document}
        request["offline"] = not document.get("hub", False)
        request["place"] = document.get("store", "s1")
        goods = [{"code": code, **item} for code, item in document.get("items", {}).items()]
        yield path.name, str(RULESETS / document["ruleset"]), goods, request, document["expect"]


def test_worked_examples_come_out_as_in_the_library():
    count = 0
    for name, ruleset, goods, request, expected in examples():
        count += 1
        words = ["quote", "--ruleset", ruleset, "--catalogue", file("goods", *goods)]
        batch = verno(*words, "--batch", file("batch", request)).stdout
        assert has(json.loads(batch), expected), (name, batch)
        if "stopped" in request:
            continue  # a till's affair: only a batch can say it
        for key in ("basket", "member", "choices", "rights"):
            if key in request:
                words += ["--" + key, file(key, request[key])]
        words += ["--place", request["place"], *(["--offline"] if request["offline"] else [])]
        assert verno(*words).stdout == batch, name
    assert count >= 8, count


def test_each_paper_may_be_standard_input():
    papers = {"--ruleset": [HEADER, MORNING], "--catalogue": [{"code": "1"}], "--basket": [basket()],
              "--member": [{"known": True, "account": "w1"}], "--choices": [{}], "--rights": [{"w1": 5}]}
    words = {option: file(option[2:], *documents) for option, documents in papers.items()}
    whole = verno("quote", *sum(words.items(), ())).stdout
    assert json.loads(whole)["payable_minor"] == 10000, whole
    for option in papers:
        text = pathlib.Path(words[option]).read_text(encoding="utf-8")
        assert verno("quote", *sum({**words, option: "-"}.items(), ()), text=text).stdout == whole, option
    assert "only one" in said("quote", "--ruleset", "-", "--basket", "-", code=2)


def test_the_time_is_the_stores_whatever_the_season():
    ruleset = file("rules", {**HEADER, "zones": [{"stores": ["east"], "utc_offset_min": 180}]}, MORNING)
    words = ["quote", "--ruleset", ruleset, "--basket", file("basket", basket())]

    def off(*more):
        return json.loads(verno(*words, *more).stdout).get("discount_minor", 0)
    assert off() == 0
    assert off("--at", "2026-11-22T10:59") == 1000
    assert off("--at", "2026-11-22T11:00") == 0
    assert off("--at", "2026-07-01T08:00") == 1000
    assert off("--at", "2026-07-01T07:59") == 0
    assert off("--at", str(NOON_MS - 3600 * 1000 - 1)) == 1000
    assert off("--at", str(NOON_MS - 3600 * 1000)) == 0
    assert off("--at", "2026-11-22T08:00", "--place", "east/1") == 1000
    assert off("--at", str(NOON_MS), "--place", "east/1") == 0
    assert off("--at", str(NOON_MS - 4 * 3600 * 1000), "--place", "east/1") == 1000
    for wrong in ("yesterday", "2026-11-22", "2026-02-30T00:00", "-5", "1e3"):
        assert "--at wants" in said(*words, "--at", wrong, code=2), wrong


def test_place_and_hub_are_what_the_options_say():
    ruleset = file("rules", HEADER, {"id": "here", "group": "shelf", "where": {"stores": ["s1"], "not_tills": ["9"]},
                                     "offline": "never", "then": {"kind": "percent_off", "rate_bp": 1000}})
    words = ["quote", "--ruleset", ruleset, "--basket", file("basket", basket())]

    def reason(*more):
        return json.loads(verno(*words, *more).stdout)["explanations"][0]["reason"]
    assert reason("--place", "s1/1") == "applied"
    assert reason("--place", "s1") == "applied"
    assert reason("--place", "s1/9") == "not-here"
    assert reason("--place", "s2/1") == "not-here"
    assert reason() == "not-here"
    assert reason("--place", "s1/1", "--offline") == "needs-hub"
    for wrong in ("/1", "s1/", "s1/1/1", "s" * 48, "s/" + "t" * 48):
        assert "--place wants" in said(*words, "--place", wrong, code=2), wrong


def test_a_batch_keeps_its_order_and_goes_on_after_what_is_wrong():
    ruleset = file("rules", HEADER, {"id": "p", "group": "shelf", "then": {"kind": "percent_off", "rate_bp": 1000}})
    lines = [json.dumps({"basket": basket(1000)}), " \t", "{", json.dumps({"basket": basket(2000), "stopped": ["p"]}),
             json.dumps({"basket": {}}), "[]", json.dumps({"basket": basket(3000), "rights": {"a": -1}}), "x" * 5000000,
             json.dumps({"basket": basket(4000)}) + "\r",
             json.dumps({"basket": basket(lines=[{"id": 1, "code": "1", "amount_minor": -5, "parent": 9}])})]
    done = verno("quote", "--ruleset", ruleset, "--batch", "-", text="\n".join(lines), code=1)
    out = [json.loads(line) for line in done.stdout.splitlines()]
    assert [o.get("payable_minor") for o in out] == [900, None, 2000, None, None, None, None, 3600, None], out
    assert [(o["line"], o["pointer"]) for o in out if "error" in o] == \
        [(3, ""), (5, "/basket/sale"), (6, ""), (7, "/rights/a"), (8, ""), (10, "/basket/lines/0/parent")], out
    assert all(o["error"] for o in out if "error" in o)
    assert "6 of 9 lines can't be reckoned" in done.stderr and done.stderr.count("\n") == 1, done.stderr
    good = verno("quote", "--ruleset", ruleset, "--batch", file("good", lines[0], lines[8]))
    assert good.stderr == "" and good.stdout.count("\n") == 2
    assert verno("quote", "--ruleset", ruleset, "--batch", "-").stdout == ""
    assert "no-such" in said("quote", "--ruleset", ruleset, "--batch", str(FOLDER / "no-such"))


def test_a_batch_says_place_and_hub_for_lines_that_don_t():
    ruleset = file("rules", HEADER, {"id": "p", "group": "shelf", "where": {"stores": ["s1"]}, "offline": "never",
                                     "then": {"kind": "percent_off", "rate_bp": 1000}})
    lines = file("lines", {"basket": basket()}, {"basket": basket(), "place": "s2"}, {"basket": basket(), "offline": False})
    out = verno("quote", "--ruleset", ruleset, "--batch", lines, "--place", "s1/1", "--offline").stdout.splitlines()
    assert [json.loads(o)["explanations"][0]["reason"] for o in out] == ["needs-hub", "not-here", "applied"], out


def test_the_last_line_of_a_code_in_the_catalogue_counts():
    ruleset = file("rules", HEADER, {"id": "p", "group": "shelf", "then": {"kind": "percent_off", "rate_bp": 1000,
                                                                           "selector": {"brands": ["b"]}}})
    words = ["quote", "--ruleset", ruleset, "--basket", file("basket", basket()), "--catalogue"]

    def off(*lines):
        return json.loads(verno(*words, file("goods", *lines)).stdout).get("discount_minor", 0)
    assert off({"code": "1", "brand": "b"}) == 1000
    assert off({"code": "1", "brand": "c"}, "", {"code": "2"}, {"code": "1", "brand": "b"}) == 1000
    assert off({"code": "1", "brand": "b"}, {"code": "1", "brand": "c"}) == 0
    assert off({"code": "1", "brand": "b"}, {"code": "1", "gone": True}) == 0
    assert off({"code": "1", "gone": True}, {"code": "1", "brand": "b"}) == 1000
    assert off() == 0
    coffee = {"code": "9", "brand": "b", "aliases": ["7", "1"]}
    assert off(coffee) == 1000
    assert off(coffee, {"code": "9", "brand": "b"}) == 0
    assert off(coffee, {"code": "8", "aliases": ["1"]}) == 0
    assert off({"code": "8", "aliases": ["1"]}, coffee) == 1000
    assert off(coffee, {"code": "9", "gone": True}) == 0
    assert "/aliases/0" in said(*words, file("goods", {"code": "9", "aliases": [1]}))
    assert "line 2" in said(*words, file("goods", {"code": "1"}, {"code": 1}))


def test_words_are_the_same_from_a_quote_and_from_what_it_printed():
    for name, ruleset, goods, request, _ in examples():
        if "stopped" in request:
            continue
        words = ["quote", "--ruleset", ruleset, "--catalogue", file("goods", *goods), "--place", request["place"]]
        for key in ("basket", "member", "choices", "rights"):
            if key in request:
                words += ["--" + key, file(key, request[key])]
        outcome = verno(*words).stdout
        told = verno("explain", "-", "--ruleset", ruleset, "--basket", str(FOLDER / "basket"), "--locale", "pl", text=outcome)
        assert told.stdout == verno(*words, "--explain", "--locale", "pl").stdout and told.stderr == "", name
        assert told.stdout.count("\n") > len(request["basket"]["lines"]), told


def test_a_receipt_is_told_in_each_language():
    papers = ["--ruleset", str(TOLD / "ruleset.ndjson"), "--basket", str(TOLD / "basket.json")]
    for locale in ("en", "sr", "sr@latin", "pl", "ru"):
        told = verno("explain", str(TOLD / "outcome.json"), *papers, "--locale", locale).stdout
        assert told == (TOLD / f"{locale}.txt").read_text(encoding="utf-8"), (locale, told)
    assert verno("explain", str(TOLD / "outcome.json"), *papers).stdout == (TOLD / "en.txt").read_text(encoding="utf-8")
    assert "'de'" in said("explain", "x", *papers, "--locale", "de", code=2)
    bare = verno("explain", str(TOLD / "outcome.json"), *papers[:2]).stdout.replace("\u00a0", " ")
    assert bare.startswith("Line 1: 460.00 RSD\n") and "\nLine 2: 50.00 RSD\n" in bare, bare
    other = verno("explain", str(TOLD / "outcome.json"), "--ruleset", str(RULESETS / "worked.ndjson"))
    day = (SOURCE / "fixtures" / "wire" / "v1-engine2" / "journal.ndjson").read_text(encoding="utf-8").splitlines()[1:]
    hold = next(entry for entry in day if '"kind":"hold"' in entry)
    for entry in hold, json.dumps({"seq": 3, "entry": json.loads(hold)}):
        assert "Jogurt" in verno("explain", "-", *papers[:2], text=entry).stdout
    lean = {"v": 2, "kind": "commit", "t": 1, "up_since": 0, "sale": ["1", "2", "3"],
            "body": {"basket": {"lines": [["8600000000017", 500, {"name": "Tea"}]]}, "outcome": {}}}
    assert verno("explain", "-", *papers[:2], text=json.dumps(lean)).stdout.replace("\u00a0", " ").startswith("Tea: 5.00 RSD")
    held = {**lean, "body": {"held": 17}}
    assert "entry 17" in said("explain", "-", *papers[:2], text=json.dumps(held))
    assert "'void'" in said("explain", "-", *papers[:2], text=json.dumps({**lean, "kind": "void", "body": {}}))
    assert "reckoned with ruleset 12: " in other.stderr and "/worked.ndjson: it is ruleset " in other.stderr and other.stdout, other


def test_what_can_t_be_read_gets_one_sentence_with_its_place():
    ruleset, good = file("rules", HEADER, MORNING), file("basket", basket())
    assert "no such file" in said("quote", "--ruleset", str(FOLDER / "none"), "--basket", good)
    assert ": line 2: /then: " in said("quote", "--ruleset", file("bad", HEADER, {"id": "p", "group": "none"}), "--basket", good)
    assert ": standard input: expected JSON, found nothing" in said("quote", "--ruleset", ruleset, "--basket", "-")
    assert "it is a folder, and a file is wanted" in said("quote", "--ruleset", str(FOLDER), "--basket", good)
    assert "/b: /lines/0/amount_minor: " in said("quote", "--ruleset", ruleset, "--basket", file("b", basket("1")))
    assert "/b: expected an object" in said("quote", "--ruleset", ruleset, "--basket", file("b", "[]"))
    assert "/m: /staff: " in said("quote", "--ruleset", ruleset, "--basket", good, "--member", file("m", {"staff": 1}))
    assert "/c: /spends/0/wallet: " in said("quote", "--ruleset", ruleset, "--basket", good, "--choices",
                                            file("c", {"spends": [{"points": 1}]}))
    assert "/r: /w1: " in said("quote", "--ruleset", ruleset, "--basket", good, "--rights", file("r", {"w1": "1"}))
    assert "/r: more rights" in said("quote", "--ruleset", ruleset, "--basket", good, "--rights",
                            file("r", {f"w{i}": 1 for i in range(200)}))
    assert "/payable_minor" in said("explain", file("o", {"total_minor": 1, "payable_minor": 2}), "--ruleset", ruleset)
    assert "ends too early" in said("explain", file("o", "{"), "--ruleset", ruleset)
    assert "/big: it is larger than 4194304 bytes" in said("quote", "--ruleset", ruleset, "--basket", file("big", " " * 5000000))


def test_a_request_says_nothing_that_nobody_reads():
    """A typing error must not be taken for "no member": only a batch's lines have keys of their own."""
    ruleset = file("rules", HEADER, MORNING)
    lines = file("lines", {"basket": basket(), "membr": {}}, {"basket": basket(), "place": ""}, {"basket": basket(), "place": None},
                 "\ufeff" + json.dumps({"basket": basket()}))
    done = verno("quote", "--ruleset", ruleset, "--batch", lines, code=1)
    out = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(o.get("line"), o.get("pointer")) for o in out] == [(1, "/membr"), (2, "/place"), (None, None), (4, "")], out
    assert "found another key" in out[0]["error"] and "byte order mark" in out[3]["error"], out
    assert "3 of 4 lines" in done.stderr, done.stderr


def test_a_mark_of_some_editors_is_named():
    good = [json.dumps(HEADER), json.dumps(MORNING)]
    ruleset, sale = file("rules", *good), file("basket", basket())
    marked = file("marked", "\ufeff" + json.dumps(basket()))
    goods = file("goods", "\ufeff" + json.dumps({"code": "1"}))
    assert "/marked: a byte order mark" in said("quote", "--ruleset", ruleset, "--basket", marked)
    assert "/goods: line 1: a byte order mark" in said("quote", "--ruleset", ruleset, "--basket", sale, "--catalogue", goods)
    wide = FOLDER / "wide"
    wide.write_text(json.dumps(basket()), encoding="utf-16")
    for words in ["--basket", wide], ["--basket", sale, "--catalogue", wide], ["--batch", wide]:
        done = subprocess.run([BIN / "verno", "quote", "--ruleset", ruleset, *words], capture_output=True, text=True, check=False,
                              timeout=60)
        assert done.returncode == 1 and "it is UTF-16: save the file as UTF-8" in done.stdout + done.stderr, done
    for text, why in (("\ufeff" + "\n".join(good)).encode(), "a byte order mark"), (good[0].encode("utf-16"), "it is UTF-16"):
        (FOLDER / "rules2").write_bytes(text)
        assert verno("check-rules", str(FOLDER / "rules2"), code=1).stdout.startswith(f"{FOLDER}/rules2: {why}"), why
        assert f"/rules2: {why}" in said("quote", "--ruleset", str(FOLDER / "rules2"), "--basket", sale)
    lines = "\r\n".join([*good, "  ", ""])
    assert "1 promotion, nothing wrong" in verno("check-rules", "-", text=lines).stdout
    assert verno("quote", "--ruleset", "-", "--basket", sale, text=lines).stdout


def test_a_batch_that_can_t_be_read_or_printed_ends():
    ruleset = file("rules", HEADER, MORNING)
    words = [BIN / "verno", "quote", "--ruleset", ruleset, "--batch"]
    assert "it is a folder" in said(*words[1:], str(FOLDER))
    done = subprocess.run([*words, "-"], stdin=subprocess.PIPE, preexec_fn=lambda: os.close(0), capture_output=True, text=True,
                          check=False, timeout=60)
    assert done.returncode == 1 and "standard input: it can't be read" in done.stderr and done.stderr.count("\n") == 1, done
    line = (json.dumps({"basket": basket()}) + "\n").encode()
    with open("/dev/full", "wb") as full, subprocess.Popen([*words, "-"], bufsize=0, stdin=subprocess.PIPE, stdout=full,
                                                           stderr=subprocess.PIPE) as endless:
        try:
            for _ in range(1000000):  # it ends by itself, long before
                endless.stdin.write(line)
            raise AssertionError("it reads on")
        except BrokenPipeError:
            pass
        assert endless.wait(timeout=60) == 1 and b"can't be written" in endless.stderr.read()
    many = file("many", *[{"basket": basket()}] * 5000)
    with subprocess.Popen([*words, many], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as cut:
        cut.stdout.readline()
        cut.stdout.close()
        assert cut.wait(timeout=60) == -signal.SIGPIPE and cut.stderr.read() == b""


def test_the_catalogue_names_what_the_pos_does_not():
    ruleset = file("rules", HEADER, {"id": "p", "group": "shelf", "then": {"kind": "gift", "selector": {"codes": ["9"]}},
                                     "if": {"quantity": {"qty_milli": 1000}}})
    lines = [{"id": 1, "code": "1", "amount_minor": 100}, {"id": 2, "code": "2", "name": "Its own", "amount_minor": 100},
             {"id": 3, "code": "3", "amount_minor": 100}, {"id": 4, "code": "4", "amount_minor": 100}]
    goods = file("goods", {"code": "1", "name": "Cof\u202efee"}, {"code": "2", "name": "Other"}, {"code": "4"},
                 {"code": "9", "name": "A cup"})
    words = ["--basket", file("basket", basket(lines=lines)), "--catalogue", goods]
    told = verno("quote", "--ruleset", ruleset, *words, "--explain").stdout
    assert [line.split(":")[0] for line in told.splitlines()[:4]] == ["Coffee", "Its own", "3", "4"], told
    assert "1 gift to add: A cup" in told, told
    outcome = verno("quote", "--ruleset", ruleset, *words).stdout
    assert verno("explain", "-", "--ruleset", ruleset, *words, text=outcome).stdout == told
    assert verno("explain", "-", "--ruleset", ruleset, *words[:2], text=outcome).stdout.startswith("1: ")
    assert "line 1: /code" in said("explain", "-", "--ruleset", ruleset, "--catalogue", file("bad", {}), text=outcome)


def test_long_names_and_messages_are_told_whole():
    """The screen's sentence has 60 characters; who reads a receipt to a customer needs all of it."""
    name, said_text, goods = "Ж" * 46, "Ш" * 120, ("long name " * 9).strip()
    ruleset = file("rules", {**HEADER, "groups": [*HEADER["groups"], {"id": "e", "stage": "earning", "choice": "all"}]},
                   {"id": "p", "group": "e", "name": {"en": name},
                    "then": {"kind": "say", "where": "receipt", "text": {"en": said_text}}})
    line = {"id": 1, "code": "1", "name": goods, "amount_minor": 100}
    told = verno("quote", "--ruleset", ruleset, "--basket", file("basket", basket(lines=[line])), "--explain", "--member",
                 file("member", {"known": True, "account": "w1"})).stdout
    assert told.startswith(goods + ": 1.00") and f"  {name} (p): message: {said_text}\n" in told, told


def test_rights_to_what_is_counted_have_names_that_people_can_type():
    off = {"group": "shelf", "then": {"kind": "percent_off", "rate_bp": 1000}}
    ruleset = file("rules", {**HEADER, "calendars": {}}, {"id": "all", "limits": {"all": {"count": 5}}, **off, "priority": 9},
                   {"id": "spent", "limits": {"all": {"budget_minor": 5000}}, **off, "priority": 8},
                   *[{"id": period, "who": {"kind": "members"}, "limits": {"member": {"count": 1, "period": period}}, **off, "priority": 7}
                     for period in ("ever", "day", "week", "month", "year")],
                   {"id": "born", "who": {"kind": "members", "birthday": {"days_before": 9, "days_after": 9}}, **off},
                   {"id": "card", "who": {"kind": "members"}, "if": {"stamps": {"card": "coffee", "count": 3}}, **off})
    member = {"known": True, "id": "m1", "account": "w1", "birth_month": 1, "birth_day": 2,
              "counters": [{"account": f"s{fnv(b'm1', b'coffee'):016x}", "value": 3}]}

    def applied(rights, **more):
        lines = file("lines", {"basket": basket(), "member": member, "rights": rights, **more})
        out = json.loads(verno("quote", "--ruleset", ruleset, "--batch", lines).stdout)
        return [e["promotion"] for e in out["explanations"] if e["reason"] == "applied"]
    assert applied({}) == [] and applied({"w1": 5}) == []
    assert applied({"count:all": 1}) == ["all"] and applied({"count:all": 0}) == [] and applied({"count:spent": 1}) == []
    assert applied({"budget:spent": 1000}) == ["spent"]
    assert applied({"stamps:coffee": 3}) == ["card"] and applied({"stamps:coffee": 2}) == []
    for period in ("ever", "day", "week", "month", "year"):
        assert applied({f"member:{period}": 1}) == [period]
    for at in ("2026-12-28T12:00", "2027-01-05T12:00"):  # one window, of the birthday's year
        assert applied({"member:born": 1}, at=at) == ["born"], at
    words = ["quote", "--ruleset", ruleset, "--basket", file("basket", basket()), "--rights"]
    assert "/r: /member:no: the ruleset has no such promotion" in said(*words, file("r", {"member:no": 1}), "--member", file("m", member))
    assert "/r: /member:day: it is a member's" in said(*words, file("r", {"member:day": 1}))
    assert "/r: /stamps:coffee: it is a member's" in said(*words, file("r", {"stamps:coffee": 1}))
    assert "/r: /limit:day: expected an account, or member:" in said(*words, file("r", {"limit:day": 1}))


def test_the_manuals_examples_do_what_they_say():
    """The page's own documents and commands, on the practice chain."""
    page = (SOURCE / "docs" / "man" / "verno.1").read_text(encoding="utf-8").replace("\\e\n", "\\\n")
    blocks = [block.split(".Ed")[0] for block in page.split(".Bd -literal -offset indent\n")[1:]]
    subprocess.run([SOURCE / "toolchain" / "practice-chain", FOLDER / "chain", "--date", "2026-11-22", "--receipts", "0"],
                   check=True, capture_output=True, timeout=60)
    (FOLDER / "chain" / "ruleset.ndjson").rename(FOLDER / "promotions.ndjson")
    (FOLDER / "chain" / "catalogue.ndjson").rename(FOLDER / "goods.ndjson")
    for name, start in ("basket.json", '{"sale"'), ("member.json", '{"known"'):
        (FOLDER / name).write_text(next(block for block in blocks if block.startswith(start)), encoding="utf-8")
    commands = [block for block in blocks if "--explain" in block]
    assert len(commands) == 2, blocks
    for command in commands:
        done = subprocess.run(["sh", "-e", "-c", command], cwd=FOLDER, env={**os.environ, "PATH": f"{BIN.resolve()}:{os.environ['PATH']}"},
                              capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0 and done.stderr == "" and "To pay: " in done.stdout, (command, done)
    assert "(birthday)" in done.stdout and "needs the hub" not in done.stdout, done.stdout


def test_wrong_usage_is_told_with_exit_code_2():
    for words in (["quote"], ["quote", "--ruleset"], ["quote", "--ruleset", "x"], ["quote", "--basket", "x"],
                  ["quote", "--ruleset", "x", "--basket", "x", "y"], ["quote", "--rules", "x", "--nothing"],
                  ["quote", "--ruleset", "x", "--batch", "x", "--basket", "x"], ["quote", "--ruleset", "x", "--batch", "x", "--explain"],
                  ["quote", "--ruleset", "x", "--batch", "x", "--at", "5"], ["quote", "--ruleset", "x", "--basket", "x", "--locale", "pl"],
                  ["quote", "--ruleset", "x", "--basket", "x", "--explain", "--locale", "de"],
                  ["explain"], ["explain", "x"], ["explain", "x", "y", "--ruleset", "z"], ["explain", "-", "--ruleset", "-"],
                  ["check-rules"], ["check-rules", "x", "y"], ["check-rules", "-", "--catalogue", "-"], ["check-rules", "--x"]):
        assert "--help tells more" in said(*words, code=2), words


def test_check_rules_lists_all_that_is_wrong():
    def bad(rate):
        return {"id": f"p{rate}", "group": "shelf", "then": {"kind": "percent_off", "rate_bp": rate}}
    path = file("rules", HEADER, bad("x"), bad(1000), "{", {**bad(2), "prioriti": 1}, bad(0))
    done = verno("check-rules", path, code=1)
    assert done.stderr == ""
    lines = [line[len(path):] for line in done.stdout.splitlines()]
    assert len(lines) == 4, lines
    for line, start in zip(lines, (":2: /then/rate_bp: expected ", ":4: ", ":5: /prioriti: ", ":6: /then/rate_bp: expected ")):
        assert line.startswith(start), lines
    assert "found a string" in next(line for line in lines if line.startswith(":2:")), lines
    many = verno("check-rules", file("many", HEADER, *[bad(0)] * 50), code=1).stdout
    assert many.count("\n") == 21 and many.splitlines()[-1].endswith("more than these 20"), many
    assert ":1: /engine" in verno("check-rules", file("head", {"ruleset": 1}), code=1).stdout
    assert verno("check-rules", "-", code=1).stdout.startswith("standard input: no header: ")


def test_check_rules_goes_on_after_what_only_the_whole_file_shows():
    """An id or a row that stands twice, a table that is not there: each with the line to mend, and all of them."""
    off = {"kind": "percent_off", "rate_bp": 1000}
    row = {"table": "t", "code": "1", "price_minor": 5}
    path = file("rules", HEADER, {**MORNING, "id": "p"}, row, {**MORNING, "id": "p"}, {**row, "price_minor": 6},
                {**MORNING, "id": "q", "then": {**off, "selector": {"table": "x"}}}, {**MORNING, "id": "p"})
    lines = verno("check-rules", path, code=1).stdout.replace(path, "").splitlines()
    assert [line.split(": ")[0] for line in lines] == [":4", ":5", ":6", ":7"], lines
    assert any(line.startswith(":5: /code: price table t has two rows of the code 1") and line.endswith("line 3") for line in lines), lines
    assert any(line.startswith(":6: a selector names the price table x") for line in lines), lines
    empty_first = verno("check-rules", file("rules", "", {**HEADER, "currency": 5}, MORNING), code=1).stdout
    assert empty_first.count("\n") == 1 and ":2: /currency: " in empty_first, empty_first


def test_what_can_t_be_printed_is_a_failure():
    words = ["--ruleset", file("rules", HEADER, MORNING), "--basket", file("basket", basket())]
    outcome = FOLDER / "outcome"
    outcome.write_text(verno("quote", *words).stdout, encoding="utf-8")
    for run in (["quote", *words], ["quote", *words, "--explain"], ["explain", outcome, *words], ["check-rules", words[1]],
                ["template", "list"], ["template", "make", "gift"], ["--help"], ["--version"], ["explain", "--help"],
                ["quote", *words[:2], "--batch", file("lines", {"basket": basket()})]):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([BIN / "verno", *run], stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and "can't be written" in done.stderr, (run, done)


def test_check_rules_warns_and_does_not_refuse():
    path = file("rules", HEADER, {**MORNING, "when": {"to": "2026-11-22T12:00"}},
                {"id": "nothing", "group": "shelf", "then": {"kind": "percent_off", "rate_bp": 1, "selector": {"codes": ["9"]}}})
    before = verno("check-rules", path, "--at", "2026-11-22T11:59").stdout
    assert before == f"{path}: 2 promotions, nothing wrong, 0 warnings\n", before
    after = verno("check-rules", path, "--at", str(NOON_MS)).stdout
    assert after.startswith(f"{path}: warning: morning: past: ") and after.endswith("nothing wrong, 1 warning\n"), after
    goods = verno("check-rules", path, "--at", "2026-11-22T11:59", "--catalogue", file("goods", {"code": "1", "price_minor": 10000}))
    assert f"{path}: warning: nothing: no-goods: " in goods.stdout and goods.stderr == "", goods
    assert "the selector of the reward means nothing in the catalogue: correct it (codes 9), " in goods.stdout, goods
    word = file("word", {"code": "9", "legal_class": "tobaco", "price_minor": 10000})
    told = verno("check-rules", path, "--at", "2026-11-22T11:59", "--catalogue", word)
    assert f"{word}: warning: tobaco: no-class: the law 'rs' has no such legal_class" in told.stdout, told
    assert "/none: there are no goods in it" in said("check-rules", path, "--catalogue", file("none", {"code": "1", "gone": True}))
    assert "--at" in said("check-rules", path, "--at", "noon", code=2)


def test_the_practice_chain_deserves_one_warning():
    """Its promotions are made to be sensible, but for one that is over."""
    subprocess.run([SOURCE / "toolchain" / "practice-chain", FOLDER / "chain", "--date", "2026-11-22", "--receipts", "0"],
                   check=True, capture_output=True, timeout=60)
    path = str(FOLDER / "chain" / "promotion-new.ndjson")
    told = verno("check-rules", path, "--catalogue", str(FOLDER / "chain" / "catalogue.ndjson"), "--at", "2026-11-22T12:00")
    assert [line.split(": ")[2:4] for line in told.stdout.splitlines()[:-1]] == [["school-september", "past"]], told


if __name__ == "__main__":
    for test_name, test in list(globals().items()):
        if test_name.startswith("test_"):
            with tempfile.TemporaryDirectory() as folder:
                FOLDER = pathlib.Path(folder)
                test()
            print("ok", test_name)
