#!/usr/bin/python3
"""What monitoring asks of a hub: metrics that a parser of OpenMetrics takes, and health that says what is wrong and what to do."""
import json
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chain import Failure, Lane, check, check_says, run_cases, wait_for  # noqa: E402


def restart_with_monitor(chain, **environment):
    """The hub anew, with a listener for monitoring; its address."""
    chain.stop_hub()
    port_file = chain.folder / "hub-port"
    port_file.unlink()
    chain.hub_process, chain.hub_log = chain.start(
        "hub", chain.bin / "verno-hub", "run", "--dir", chain.hub_dir, "--listen", chain.hub_address, "--port-file", port_file,
        "--monitor", f"{chain.address}:0", **environment)
    wait_for("the hub", port_file.exists, process=chain.hub_process, log=chain.hub_log)
    port = wait_for("its monitor", lambda: re.findall(r"hub_ready.*monitor=([1-9]\d*)", pathlib.Path(chain.hub_log).read_text()))[-1]
    return f"http://{chain.address}:{port}"


def get(url, status=200):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            got, kind, body = answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        got, kind, body = error.code, error.headers["Content-Type"], error.read().decode()
    check(f"{url} answers {body[:200]!r} with", got, status)
    return kind, body


def parse(text):
    """OpenMetrics 1.0.0, as far as counters and gauges go: families in one piece, TYPE before HELP before samples, an end."""
    lines = text.split("\n")
    check("the last lines", lines[-2:], ["# EOF", ""])
    samples, types, family, seen = {}, {}, None, set()
    for line in lines[:-2]:
        if match := re.fullmatch(r"# TYPE ([a-z_]+) (counter|gauge)", line):
            family = match[1]
            check(f"{family} stands in one piece: seen before", family in types, False)
            types[family] = match[2]
        elif match := re.fullmatch(r"# HELP ([a-z_]+) \S.*\.", line):
            check("the help is of the family", match[1], family)
        elif match := re.fullmatch(r'([a-z_]+)(\{[a-z]+="[a-z0-9-]*"(?:,[a-z]+="[a-z0-9-]*")*\})? (-?\d+)', line):
            check("the sample's name", match[1], family + ("_total" if types[family] == "counter" else ""))
            check(f"{match[1]}{match[2]} is said once: seen before", (match[1], match[2]) in seen, False)
            seen.add((match[1], match[2]))
            samples[match[1] + (match[2] or "")] = int(match[3])
        else:
            raise Failure(f"no line of OpenMetrics: {line!r}")
    return samples


def counts_what_tills_do(chain):
    till = chain.till()
    url = restart_with_monitor(chain)
    till.wait_live()
    Lane(till).sell(6)
    acked = till.at_rest()
    kind, text = get(f"{url}/metrics")
    check("the content type", kind, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    samples = parse(text)
    check("active enrolments", samples['verno_hub_enrolments{state="active"}'], 1)
    check("journals taken", samples['verno_hub_replies_total{path="journal",status="200"}'] >= 1, True)
    check("entries", samples["verno_hub_entries_acknowledged"], acked)
    check("connections", samples["verno_hub_connections"] >= 1, True)
    card = chain.members()[6]["cards"][0]
    check("a card number in it", card in text, False)
    get(f"{url}/nothing", 404)
    get(f"{url}/admin/fleet", 404)


def logs_as_json(chain):
    chain.stop_hub()
    chain.hub_process, chain.hub_log = chain.start("json", chain.bin / "verno-hub", "run", "--dir", chain.hub_dir, "--listen", chain.hub_address,
                                                   "--log", "json")
    log = pathlib.Path(chain.hub_log)
    wait_for("the hub", lambda: '"event":"hub_ready"' in log.read_text(), process=chain.hub_process, log=log)
    till = chain.till(log="json")
    Lane(till).sell(6)
    till.wait_drained()
    check("the till ends with", till.stop(), 0)
    check("the hub ends with", chain.stop_hub(), 0)
    for text in log.read_text(), pathlib.Path(till.log).read_text():
        rows = [json.loads(line) for line in text.splitlines()]
        check("lines without time, level or event", [row for row in rows if not {"time", "level", "event"} <= row.keys()], [])
    check("the till's last event", rows[-1]["event"], "ended")
    refused = subprocess.run([chain.bin / "verno-hub", "run", "--dir", chain.hub_dir, "--log", "xml"], capture_output=True, text=True,
                             timeout=60, check=False)
    check("exit code of --log xml", refused.returncode, 2)
    check_says("verno-hub run", refused.stderr, "--log wants text or json, not 'xml'")


def says_what_is_wrong(chain):
    till = chain.till()
    environment = chain.bad_disk()
    url = restart_with_monitor(chain, **environment)
    till.wait_live()
    samples = parse(get(f"{url}/metrics")[1])
    check("days that the hub's own certificate is good", round((samples["verno_hub_server_certificate_end_timestamp_seconds"] - time.time()) / 86400), 365)
    # The root's key may lie there for the first days.
    health = json.loads(get(f"{url}/health")[1])
    check("warnings", [row["code"] for row in health["sentences"]], ["no-backup"])
    check("the status", health["status"], "warning")
    chain.disk("full")
    Lane(till).sell(6)
    wait_for("the full disk", lambda: "disk-full" in chain_health(chain)[1])
    code, words = chain_health(chain)
    check("exit code of verno-hub health", code, 1)
    check_says("verno-hub health", words, "failing(.|\n)*make room")
    get(f"{url}/health", 503)
    chain.disk()
    till.wait_drained()
    wait_for("that it goes on", lambda: chain_health(chain)[0] == 0)
    chain.hub("backup", "--to", chain.folder / "safe", "--off-machine")
    wait_for("no complaint", lambda: json.loads(get(f"{url}/health")[1])["status"] == "ok", 15)


def says_at_once_that_nothing_is_posted(chain):
    """Entries are taken in, and the database can't go on with those of any till."""
    def codes():
        return [row["code"] for row in json.loads(chain_health(chain)[1].splitlines()[-1])["sentences"]]
    till = chain.till()
    url = restart_with_monitor(chain)
    till.wait_live()
    store = sqlite3.connect(chain.hub_dir / "hub.db", timeout=10, isolation_level=None)
    store.execute("CREATE TRIGGER refuse BEFORE INSERT ON sale BEGIN SELECT zeroblob(2000000000); END")
    Lane(till).sell(1)
    wait_for("the words for it", lambda: "posting-fails" in codes())
    code, words = chain_health(chain)
    check("exit code of verno-hub health", code, 1)
    check_says("verno-hub health", words, r"nothing is posted since \S+ \S+ UTC, .*too big.*: tills sell on(.|\n)*look at the disk")
    get(f"{url}/health", 503)
    check_says("the log", pathlib.Path(chain.hub_log).read_text(), "posting_failed")
    store.execute("DROP TRIGGER refuse")
    wait_for("that it goes on", lambda: codes() == ["no-backup"])
    check("sales that are posted", len(json.loads(chain.hub("sales", "--json"))["sales"]), 1)
    store.close()


def tells_of_keys_and_certificates(chain):
    def codes():
        return [row["code"] for row in json.loads(chain.hub("health", "--json"))["sentences"]]
    check("at first", codes(), [])
    key = chain.hub_dir / "offline" / "root.key"
    os.utime(key, (time.time() - 8 * 86400,) * 2)
    wait_for("a hint that the root's key lies here", lambda: codes() == ["root-key"])
    code, words = chain_health(chain)
    check("exit code of verno-hub health", code, 0)
    check_says("verno-hub health", words, r"lies beside the hub since .*offline/root\.key(.|\n)*delete it here")
    key.rename(chain.folder / "root.key")
    (chain.hub_dir / "server.pem").rename(chain.folder / "server.pem")
    wait_for("the missing certificate alone", lambda: codes() == ["server-certificate"])
    (chain.folder / "server.pem").rename(chain.hub_dir / "server.pem")
    wait_for("no complaint", lambda: codes() == [])


def chain_health(chain):
    done = subprocess.run([chain.bin / "verno-hub", "health", "--dir", chain.hub_dir], capture_output=True, text=True, timeout=60,
                          check=False)
    with_codes = subprocess.run([chain.bin / "verno-hub", "health", "--dir", chain.hub_dir, "--json"], capture_output=True,
                                text=True, timeout=60, check=False)
    return done.returncode, done.stdout + with_codes.stdout


if __name__ == "__main__":
    run_cases(counts_what_tills_do, logs_as_json, says_what_is_wrong, says_at_once_that_nothing_is_posted, tells_of_keys_and_certificates)
