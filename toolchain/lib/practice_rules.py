"""The promotions of the practice chain: a shelf whose best offer counts, a club, coupons and points
(docs/rules.md), and one more to publish during the demo. What depends on the day or the hour is on goods that the demo's script doesn't buy.
"""
from datetime import datetime, timedelta, timezone

NUMBER = 1


def last_sunday(year, month):
    """One o'clock UTC of the month's last Sunday, when Europe's clocks change."""
    day = datetime(year, month, 31, 1, tzinfo=timezone.utc)
    return int((day - timedelta(days=(day.weekday() + 1) % 7)).timestamp() * 1000)


SUMMER_TIMES = [{"from_ms": last_sunday(year, month), "offset_min": offset}
                for year in range(2026, 2037) for month, offset in ((3, 120), (10, 60))]

HEADER = {
    "ruleset": NUMBER, "engine": 2, "currency": "RSD", "exponent": 2, "utc_offset_min": 60, "utc_offsets": SUMMER_TIMES, "law": "rs",
    "wallet": {"exponent": 0, "worth": {"points": 1, "minor": 100}, "spend_min": 50, "spend_step": 10, "spend_share_bp": 5000},
    "earning": {"points": 1, "per_minor": 5000},
    "groups": [{"id": "shelf", "stage": "units", "base": "list", "choice": "best"},
               {"id": "club", "stage": "basket", "base": "running", "choice": "all"},
               {"id": "coupons", "stage": "coupons", "base": "running", "choice": "all"},
               {"id": "earning", "stage": "earning", "base": "running", "choice": "all"}],
    "cards": [{"prefix": "2990", "length": 13}],
    "coupons": [{"prefix": "2991", "length": 13}],
}

MEMBERS = {"kind": "members"}


def tiers(*names):
    return {"kind": "members", "tiers": list(names)}


def segments(*names):
    return {"kind": "members", "segments": list(names)}


def tags(*names):
    return {"tags": list(names)}


def percent(rate_bp, selector=None, **more):
    return {"kind": "percent_off", "rate_bp": rate_bp, **({"selector": selector} if selector else {}), **more}


def amount(amount_minor, selector=None):
    return {"kind": "amount_off", "amount_minor": amount_minor, **({"selector": selector} if selector else {})}


def nth_free(n, free, selector):
    return {"kind": "nth_free", "n": n, "free": free, "selector": selector}


def second_at(rate_bp, selector):
    piece = {"selector": selector, "n": 1}
    return {"kind": "buy_get", "buy": piece, "get": piece, "rate_bp": rate_bp}


def bundle(price_minor, *selectors):
    return {"kind": "bundle", "parts": [{"selector": selector, "n": 1} for selector in selectors], "price_minor": price_minor}


def times(times_bp, selector=None):
    return {"kind": "points_multiplier", "times_bp": times_bp, **({"selector": selector} if selector else {})}


def spend(amount_minor):
    return {"min_spend": {"amount_minor": amount_minor}}


def promotion(id, group, priority, names, then, **conditions):
    en, sr, latin, pl, ru = names
    return {"id": id, "version": 1, "name": {"en": en, "sr": sr, "sr@latin": latin, "pl": pl, "ru": ru},
            "group": group, "priority": priority, **conditions, "then": then}


PROMOTIONS = [
    promotion("milk-10", "shelf", 20, ("10 % off milk", "10 % на млеко", "10 % na mleko", "10 % na mleko", "10 % на молоко"),
              percent(1000, tags("milk"))),
    promotion("yoghurt-3-for-2", "shelf", 30,
              ("3 yoghurts for 2", "3 јогурта за 2", "3 jogurta za 2", "3 jogurty w cenie 2", "3 йогурта по цене 2"),
              nth_free(3, 1, tags("yoghurt"))),
    promotion("yoghurt-25", "shelf", 20, ("25 % off yoghurt", "25 % на јогурт", "25 % na jogurt", "25 % na jogurt", "25 % на йогурт"),
              percent(2500, tags("yoghurt"))),
    promotion("tea-second-half", "shelf", 30,
              ("Second tea at half price", "Други чај упола", "Drugi čaj upola", "Druga herbata za pół ceny", "Второй чай за полцены"),
              second_at(5000, tags("tea"))),
    promotion("pasta-supper", "shelf", 30,
              ("Pasta and cheese for 340", "Тестенина и сир за 340", "Testenina i sir za 340", "Makaron i ser za 340", "Макароны и сыр за 340"),
              bundle(34000, tags("pasta"), tags("cheese"))),
    promotion("chocolate-15", "shelf", 20,
              ("15 % off chocolate", "15 % на чоколаду", "15 % na čokoladu", "15 % na czekoladę", "15 % на шоколад"),
              percent(1500, tags("chocolate")), who=MEMBERS),
    promotion("laundry-150", "shelf", 20,
              ("150 off laundry goods", "150 дин. на средства за веш", "150 din. na sredstva za veš", "150 taniej na pranie",
               "150 на стирку"), amount(15000, tags("laundry")), limits={"per_receipt": 2}),
    promotion("water-6-for-5", "shelf", 30, ("6 waters for 5", "6 вода за 5", "6 voda za 5", "6 wód w cenie 5", "6 вод по цене 5"),
              nth_free(6, 1, tags("water"))),
    promotion("pasta-20", "shelf", 20, ("20 % off pasta", "20 % на тестенине", "20 % na testenine", "20 % na makaron", "20 % на макароны"),
              percent(2000, tags("pasta"), max_discount_minor=20000)),
    promotion("bread-evening", "shelf", 10,
              ("30 % off bread after seven", "30 % на хлеб после 19 ч", "30 % na hleb posle 19 h", "30 % na chleb po 19", "30 % на хлеб после 19"),
              percent(3000, tags("bread")), when={"hours": [["19:00", "22:00"]]}),
    promotion("snacks-weekend", "shelf", 30,
              ("Weekend: 2 snacks for 1", "Викенд: 2 грицкалице за 1", "Vikend: 2 grickalice za 1", "Weekend: 2 przekąski w cenie 1",
               "Выходные: 2 снека по цене 1"), nth_free(2, 1, tags("snacks")), when={"weekdays": [6, 7]}),
    promotion("juice-families", "shelf", 20,
              ("Families: 25 % off juice", "Породице: 25 % на сокове", "Porodice: 25 % na sokove", "Rodziny: 25 % na soki", "Семьям: 25 % на соки"),
              percent(2500, tags("juice")), who=segments("families")),
    promotion("baby-families", "shelf", 20,
              ("Families: 10 % off baby goods", "Породице: 10 % за бебе", "Porodice: 10 % za bebe", "Rodziny: 10 % dla niemowląt",
               "Семьям: 10 % на товары для детей"), percent(1000, tags("baby")), who=segments("families")),
    promotion("pets-12", "shelf", 20,
              ("12 % off pet food", "12 % на храну за љубимце", "12 % na hranu za ljubimce", "12 % na karmę", "12 % на корм"),
              percent(1200, tags("pets")), who=MEMBERS),
    promotion("school-september", "shelf", 20,
              ("School: 20 % off", "Школа: 20 % попуста", "Škola: 20 % popusta", "Szkoła: 20 % taniej", "Школа: скидка 20 %"),
              percent(2000, tags("school")), when={"from": "2026-08-20T00:00", "to": "2026-09-15T00:00"}),
    promotion("gold-5", "club", 20, ("Gold: 5 % off", "Злато: 5 % попуста", "Zlato: 5 % popusta", "Złoto: 5 % taniej", "Золото: скидка 5 %"),
              percent(500), who=tiers("gold")),
    promotion("silver-2", "club", 20, ("Silver: 2 % off", "Сребро: 2 % попуста", "Srebro: 2 % popusta", "Srebro: 2 % taniej", "Серебро: скидка 2 %"),
              percent(200), who=tiers("silver")),
    promotion("big-basket", "club", 10,
              ("300 off from 5,000", "300 дин. попуста преко 5.000", "300 din. popusta preko 5.000", "300 taniej od 5000", "Скидка 300 от 5000"),
              amount(30000), who=MEMBERS, **{"if": spend(500000)}),
    promotion("coupon-100", "coupons", 20,
              ("Coupon: 100 off", "Купон: 100 дин. попуста", "Kupon: 100 din. popusta", "Kupon: 100 taniej", "Купон: скидка 100"),
              amount(10000), **{"if": {"coupon": True, **spend(30000)}}),
    promotion("coupon-coffee", "coupons", 10,
              ("Coupon: half-price coffee", "Купон: кафа упола", "Kupon: kafa upola", "Kupon: kawa za pół ceny", "Купон: кофе за полцены"),
              percent(5000, tags("coffee")), limits={"per_receipt": 1}, **{"if": {"coupon": True}}),
    promotion("fruit-points", "earning", 20,
              ("Triple points on fruit", "Троструки поени на воће", "Trostruki poeni na voće", "Potrójne punkty za owoce", "Тройные баллы за фрукты"),
              times(30000, tags("fruit", "vegetables")), who=MEMBERS),
    promotion("gold-points", "earning", 10,
              ("Gold: double points", "Злато: дупли поени", "Zlato: dupli poeni", "Złoto: podwójne punkty", "Золото: двойные баллы"),
              times(20000), who=tiers("gold")),
    promotion("bonus-50", "earning", 10,
              ("50 points from 3,000", "50 поена преко 3.000", "50 poena preko 3.000", "50 punktów od 3000", "50 баллов от 3000"),
              {"kind": "points_bonus", "points": 50}, who=MEMBERS, **{"if": spend(300000)}),
]

COFFEE_WEEK = promotion("coffee-week", "shelf", 50,
                        ("Coffee week: 25 % off", "Недеља кафе: 25 % попуста", "Nedelja kafe: 25 % popusta", "Tydzień kawy: 25 % taniej",
                         "Неделя кофе: скидка 25 %"), percent(2500, tags("coffee")))


def ruleset(number, more=()):
    return [{**HEADER, "ruleset": number}, *PROMOTIONS, *more]
