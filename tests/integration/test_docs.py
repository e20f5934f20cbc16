"""What the pages under docs/ print for pasting does what they say, pasted as printed: test_docs.py SOURCE BIN."""
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Lane, Stream, Till, check, check_says, run_cases, wait_for  # noqa: E402

SOURCE = pathlib.Path(sys.argv[1])


def blocks(page, holds):
    """Blocks of a page for pasting, fenced or indented by four blanks, that hold a word."""
    text = (SOURCE / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(r"^```\w*\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found += [re.sub(r"^ {4}", "", block, flags=re.MULTILINE) for block in re.findall(r"(?:^ {4}.*\n)+", text, re.MULTILINE)]
    return [block for block in found if holds in block]


def speaks(till, language, other):
    """Whether the screen says now what it says in this language, and not what it says in the other; news may come in between."""
    shown, wanted, unwanted = (Stream(till.socket, f"/v1/screen{query}").wait(lambda line: True)["main"]
                               for query in ("", f"?locale={language}", f"?locale={other}"))
    return shown == wanted != unwanted


def starts_with(till, block):
    (till.folder / "agent.conf").write_text(block)
    till.start()
    check("scanners", [device["device"] for device in till.status()["devices"]], ["serial-1"])
    if not pathlib.Path("/dev/ttyACM0").exists():
        till.wait_status("why", lambda s: s["devices"][0].get("why", "").startswith("/dev/ttyACM0: No such file or directory; "))
        check_says("verno status", till.words(), "serial-1: not found: /dev/ttyACM0: No such file or directory; check plug")
    wait_for("the screen in Serbian", lambda: speaks(till, "sr@latin", "en"))
    till.stop()


def agent_conf(chain):
    till = Till(chain, "t1")
    till.enrol()
    (block,) = blocks("technician.md", "scanner =")
    starts_with(till, block)
    page = (SOURCE / "docs" / "man" / "verno-agent.8").read_text(encoding="utf-8")
    (block,) = re.findall(r"^\.Bd -literal.*\n(scanner = (?:.*\n)*?)\.Ed$", page, re.MULTILINE)
    starts_with(till, block)


def managers_promotion(chain):
    till = chain.till()
    before = (chain.chain / "ruleset.ndjson").read_text(encoding="utf-8")
    (block,) = blocks("manager.md", "coffee-week")
    rules = chain.folder / "rules.ndjson"
    rules.write_text(before + block, encoding="utf-8")
    said = json.loads(chain.hub("publish", rules, "--json"))
    check("promotions", (said["promotions"], said["skipped"]), (len(before.splitlines()), 0))
    till.wait_status("the promotion", lambda s: s["ruleset"] == said["number"])
    Lane(till).sell()
    check_says("stop", chain.hub("stop", "coffee-week"), "stopped coffee-week")


if __name__ == "__main__":
    run_cases(agent_conf, managers_promotion)
