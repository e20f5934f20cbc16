"""Recounts a chain from what its POSes printed, and compares that with what the hub, its ledger and the tills say.

The count reads the record of pos_model.py alone. It knows three rules: what a receipt says was earned or spent is; what was voided or
returned never was; a coupon is used by the receipt that says so. All else is the hub's claim, which is held against it.
"""
import json

NOTHING = {"member": None, "earned": 0, "spent": 0, "coupon": None, "fiscal": None}


def sale_of(line):
    return {"kind": "printed", "member": line["member"], "earned": line["earned"], "spent": line["spent"], "coupon": line["coupon"],
            "payable": line["payable"], "fiscal": line["fiscal"], "parked": line.get("parked", False)}


class Count:
    """All receipts, and each member's and coupon's sums by them."""

    def __init__(self, lines, opening):
        self.opening, self.sales, self.wrong = opening, {}, []
        for line in lines:
            self._take(line, (line["till"], line["sale"]))

    def _take(self, line, key):
        what, sale = line["what"], self.sales.get(key)
        if what == "printed":
            if sale is not None and sale["kind"] != "cancelled":
                self.wrong.append(f"{key}: printed twice")
            self.sales[key] = sale_of(line)
        elif what == "cancelled":
            self.sales[key] = {"kind": "cancelled", **NOTHING}
        elif sale is None:  # a hold that was never paid, and was voided because it counted as used
            self.sales[key] = {"kind": what, **NOTHING}
        else:
            if what == "confirmed" and (line["points_earned"], line["points_spent"]) != (sale["earned"], sale["spent"]):
                self.wrong.append(f"{key}: printed were {sale['earned']} earned and {sale['spent']} spent, confirmed are "
                                  f"{line['points_earned']} and {line['points_spent']}")
            sale["kind"] = what

    def standing(self):
        """Receipts that customers hold and that were not taken back."""
        return {key: sale for key, sale in self.sales.items() if sale["kind"] == "confirmed"}

    def expected(self):
        sums = dict(self.opening)
        for sale in self.standing().values():
            if sale["member"] is not None:
                sums[sale["member"]] += sale["earned"] - sale["spent"]
        return sums

    def coupons(self):
        """By account: receipts that stand and used it."""
        used = {}
        for key, sale in self.standing().items():
            if sale["coupon"]:
                used.setdefault(sale["coupon"], []).append(key)
        return used

    def taken_back(self):
        """By member: points of receipts that were taken back, which may have been spent by then."""
        sums = {}
        for sale in self.sales.values():
            if sale["kind"] in ("voided", "returned") and sale["member"] is not None:
                sums[sale["member"]] = sums.get(sale["member"], 0) + sale["earned"]
        return sums


def compare_rows(count, rows):
    """Each confirmed sale is at the hub once as it was printed, and nothing else is there."""
    seen = {}
    for row in rows:
        seen.setdefault((row["till"], row["sale"][2]), []).append(row)
    yield from (f"sale {key}: {len(found)} times at the hub" for key, found in seen.items() if len(found) > 1)
    yield from (f"sale {key}: at the hub as {found[0]['kind']}, and no POS printed it" for key, found in seen.items() if key not in count.sales)
    for key, sale in count.sales.items():
        if key not in seen:
            yield f"sale {key}: {sale['kind']}, and not at the hub"
            continue
        row = seen[key][0]
        wanted = {"kind": "committed" if sale["kind"] == "confirmed" else sale["kind"]}
        if sale["fiscal"]:
            wanted.update(points_earned=sale["earned"], points_spent=sale["spent"], fiscal=sale["fiscal"])
            if sale["payable"] is not None:  # of a late commit no price was told, and the hub flags it
                wanted.update(payable_minor=sale["payable"])
            if sale["payable"] is not None and not sale["parked"]:
                wanted.update(flags=[])
        yield from (f"sale {key}: the hub has {name} {row[name]!r}, printed was {value!r}" for name, value in wanted.items() if row[name] != value)


def places(ledger):
    sums = {}
    for place in ledger["places"]:
        sums[place["place"]] = sums.get(place["place"], 0) + place["amount"]
    return sums


def compare_members(count, ledgers):
    """Each member has what his receipts say, spent no more than he had, and nothing of his is stuck."""
    back = count.taken_back()
    spent, earned = {}, {}
    for sale in count.standing().values():
        spent[sale["member"]] = spent.get(sale["member"], 0) + sale["spent"]
        earned[sale["member"]] = earned.get(sale["member"], 0) + sale["earned"]
    for member, expected in count.expected().items():
        ledger, here = ledgers[member], places(ledgers[member])
        had = count.opening[member] + earned.get(member, 0) + back.get(member, 0)
        if ledger["balance"] != expected:
            yield f"member {member}: the ledger has {ledger['balance']}, the receipts say {expected}"
        if spent.get(member, 0) > had:
            yield f"member {member}: spent {spent[member]}, and had {had}"
        if here.get("redeemed", 0) != spent.get(member, 0):
            yield f"member {member}: the ledger redeemed {here.get('redeemed', 0)}, the receipts say {spent.get(member, 0)}"
        if -here.get("debt", 0) > back.get(member, 0):
            yield f"member {member}: owes {-here['debt']}, and {back.get(member, 0)} were taken back"
        yield from (f"member {member}: {here[place]} points are stuck in '{place}'" for place in ("held", "suspense", "lent", "lost")
                    if here.get(place))


def compare_coupons(count, ledgers):
    used = count.coupons()
    yield from (f"coupon {account}: used by {len(keys)} receipts: {keys}" for account, keys in used.items() if len(keys) > 1)
    for account, ledger in ledgers.items():
        here, told = places(ledger), len(used.get(account, ()))
        if here.get("redeemed", 0) != told:
            yield f"coupon {account}: the ledger has it redeemed {here.get('redeemed', 0)} times, {told} receipts say so"
        yield from (f"coupon {account}: is stuck in '{place}'" for place in ("held", "suspense", "lent", "lost", "debt") if here.get(place))


def compare_journals(count, journals):
    """What a journal has let go of is in a backup of the hub, so that only the receipts behind that are there."""
    for till, journal in journals.items():
        confirmed, kept = {receipt for (at, receipt), sale in count.sales.items() if at == till and sale["fiscal"]}, journal["confirmed"]
        yield from (f"sale {till} {receipt}: in the till's journal, and never confirmed" for receipt in set(kept) - confirmed)
        yield from (f"sale {till} {receipt}: twice in the till's journal" for receipt in set(kept) if kept.count(receipt) > 1)
        if not journal["pruned"]:
            yield from (f"sale {till} {receipt}: confirmed, and not in the till's journal" for receipt in confirmed - set(kept))


def compare(count, state):
    """All contradictions, as sentences. `state`: rows, members and coupons (ledgers), journals, audit, quarantine, shown."""
    expected = count.expected()
    wrong = [*count.wrong, *(f"audit: {sentence}" for sentence in state["audit"]),
             *(f"quarantined: {json.dumps(row)}" for row in state["quarantine"])]
    wrong += [f"sale {key}: printed, and never confirmed" for key, sale in count.sales.items() if sale["kind"] == "printed"]
    wrong += [*compare_rows(count, state["rows"]), *compare_members(count, state["members"]), *compare_coupons(count, state["coupons"]),
              *compare_journals(count, state["journals"])]
    for till, shown in state["shown"].items():
        wrong += [f"till {till}: shows {balance} for member {member}, the receipts say {expected[member]}"
                  for member, balance in shown.items() if balance != expected[member]]
    return wrong


def prove(lines, opening, state):
    """The comparison notices what must not happen. Sentences about what it did not notice."""
    count = Count(lines, opening)
    key = next(key for key, sale in count.standing().items() if sale["earned"] and sale["member"] and not sale["coupon"])
    row = next(row for row in state["rows"] if (row["till"], row["sale"][2]) == key)
    account = next((sale["coupon"] for sale in count.standing().values() if sale["coupon"]), None)

    def of(change):
        return [change(dict(line)) if (line["till"], line["sale"]) == key and line["what"] == "printed" else line for line in lines]

    def shown(balance):
        till, rows = next(iter(state["shown"].items()))
        return {**state, "shown": {**state["shown"], till: {**rows, next(iter(rows)): balance}}}

    spoilt = {
        "a receipt that nobody printed": ([line for line in lines if (line["till"], line["sale"]) != key], state),
        "a point more on a receipt": (of(lambda line: {**line, "earned": line["earned"] + 1}), state),
        "another price": (of(lambda line: {**line, "payable": line["payable"] + 1}), state),
        "a coupon of two receipts": (of(lambda line: {**line, "coupon": account or "c1"}), state),
        "a sale that the hub lacks": (lines, {**state, "rows": [other for other in state["rows"] if other is not row]}),
        "a sale that is there twice": (lines, {**state, "rows": [*state["rows"], row]}),
        "a till that disagrees": (lines, shown(-1)),
        "an audit that finds something": (lines, {**state, "audit": ["planted"]}),
    }
    return [f"the comparison does not notice {what}" for what, (told, claimed) in spoilt.items() if not compare(Count(told, opening), claimed)]
