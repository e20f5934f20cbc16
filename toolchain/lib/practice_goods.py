"""The goods of the practice chain: a small Serbian supermarket whose brands are invented.

Each family is one shelf: name, category, tags, tax label, legal class, sizes with a price in minor units, brands.
The first goods are fixed by hand, because the demo's script and its keys name them.
"""
import random

RATE_FOOD, RATE_GENERAL = "Е", "Ђ"  # the tax labels of Serbian registers: 10 % and 20 %

# (key, code without check digit, name, category, brand, legal class, tax, price_minor, tags)
FIXED = [
    ("coffee", "860100100001", "Mlevena kafa Zrno 200 g", "food/coffee", "Zrno", "general", RATE_GENERAL, 39900, ["coffee"]),
    ("milk", "860100100002", "Mleko Livada 2,8% 1 l", "food/dairy/milk", "Livada", "general", RATE_FOOD, 15999, ["milk"]),
    ("yoghurt", "860100100003", "Jogurt Livada 180 g", "food/dairy/yoghurt", "Livada", "general", RATE_FOOD, 4990, ["yoghurt"]),
    ("bread", "860100100004", "Hleb Klas polubeli 500 g", "food/bakery/bread", "Klas", "general", RATE_FOOD, 6500, ["bread"]),
    ("chocolate", "860100100005", "Čokolada Menuet mlečna 100 g", "food/sweets/chocolate", "Menuet", "general", RATE_GENERAL,
     21999, ["chocolate"]),
    ("cigarettes", "860100100006", "Cigarete Tisa crvene", "tobacco", "Tisa", "tobacco", RATE_GENERAL, 45000, []),
    ("wine", "860100100007", "Vino Sremac crveno 0,75 l", "drinks/wine", "Sremac", "alcohol", RATE_GENERAL, 79900, []),
    ("formula", "860100100008", "Mleko za odojčad Pačić 400 g", "baby/formula", "Pačić", "infant-formula", RATE_GENERAL, 134900, []),
    ("detergent", "860100100009", "Deterdžent Bistra 3 kg", "home/laundry", "Bistra", "general", RATE_GENERAL, 109900, ["laundry"]),
    ("water", "860100100010", "Voda Studenac 1,5 l", "drinks/water", "Studenac", "general", RATE_GENERAL, 6999, ["water"]),
    ("deposit", "860100100011", "Povratna ambalaža 0,5 l", "deposit", "", "general", RATE_GENERAL, 2000, ["deposit"]),
    ("apples", "860100100012", "Jabuka ajdared 1 kg", "food/fruit", "", "general", RATE_FOOD, 11990, ["fruit"]),
]

# (name, category, tags, tax, legal class, [(size, price_minor)...], brands)
FAMILIES = [
    ("Mlevena kafa", "food/coffee", ["coffee"], RATE_GENERAL, "general",
     [("100 g", 21990), ("200 g", 40990), ("500 g", 94990)], ["Zrno", "Minas", "Levant", "Beledija"]),
    ("Kafa u zrnu", "food/coffee/beans", ["coffee"], RATE_GENERAL, "general",
     [("250 g", 64990), ("1 kg", 229990)], ["Zrno", "Levant", "Beledija"]),
    ("Instant kafa", "food/coffee/instant", ["coffee"], RATE_GENERAL, "general",
     [("100 g", 44990), ("200 g", 79990)], ["Zrno", "Levant"]),
    ("Čaj od nane", "food/tea", ["tea"], RATE_GENERAL, "general", [("20 kesica", 12990), ("40 kesica", 22990)], ["Travar", "Fruška"]),
    ("Čaj od kamilice", "food/tea", ["tea"], RATE_GENERAL, "general", [("20 kesica", 13990)], ["Travar", "Fruška", "Bilje"]),
    ("Mleko", "food/dairy/milk", ["milk"], RATE_FOOD, "general", [("0,5 l", 8990), ("1,5 l", 22990)], ["Livada", "Pašnjak", "Jelica"]),
    ("Jogurt", "food/dairy/yoghurt", ["yoghurt"], RATE_FOOD, "general",
     [("180 g", 5290), ("500 g", 10990), ("1 kg", 17990)], ["Livada", "Pašnjak", "Jelica"]),
    ("Kisela pavlaka", "food/dairy/cream", [], RATE_FOOD, "general", [("180 g", 8990), ("400 g", 17990)], ["Livada", "Pašnjak"]),
    ("Sir feta", "food/dairy/cheese", ["cheese"], RATE_FOOD, "general", [("250 g", 28990), ("500 g", 52990)],
     ["Livada", "Zlatar", "Jelica"]),
    ("Kačkavalj", "food/dairy/cheese", ["cheese"], RATE_FOOD, "general", [("300 g", 49990)], ["Zlatar", "Pirot", "Livada"]),
    ("Maslac", "food/dairy/butter", [], RATE_FOOD, "general", [("125 g", 23990), ("250 g", 44990)], ["Livada", "Jelica"]),
    ("Hleb", "food/bakery/bread", ["bread"], RATE_FOOD, "general", [("beli 500 g", 6200), ("crni 500 g", 8900), ("ražani 400 g", 14900)],
     ["Klas", "Mlin"]),
    ("Kifla", "food/bakery/rolls", ["bread"], RATE_FOOD, "general", [("70 g", 3500)], ["Klas", "Mlin"]),
    ("Burek sa sirom", "food/bakery/pastry", [], RATE_FOOD, "general", [("250 g", 18900)], ["Klas", "Mlin"]),
    ("Čokolada", "food/sweets/chocolate", ["chocolate"], RATE_GENERAL, "general",
     [("lešnik 90 g", 22990), ("crna 100 g", 24990), ("bela 80 g", 19990)], ["Menuet", "Kakaovac", "Sonja"]),
    ("Napolitanke", "food/sweets/biscuits", ["biscuits"], RATE_GENERAL, "general", [("160 g", 13990), ("420 g", 30990)],
     ["Menuet", "Sonja", "Štrudla"]),
    ("Keks", "food/sweets/biscuits", ["biscuits"], RATE_GENERAL, "general", [("200 g", 11990), ("500 g", 26990)],
     ["Sonja", "Polenta", "Štrudla"]),
    ("Bombone", "food/sweets/candy", [], RATE_GENERAL, "general", [("100 g", 9990), ("250 g", 21990)], ["Sonja", "Bonbo"]),
    ("Smoki", "food/snacks", ["snacks"], RATE_GENERAL, "general", [("50 g", 6990), ("150 g", 16990)], ["Flipko", "Grickal"]),
    ("Čips", "food/snacks", ["snacks"], RATE_GENERAL, "general", [("90 g", 14990), ("150 g", 22990)], ["Flipko", "Grickal"]),
    ("Kikiriki", "food/snacks", ["snacks"], RATE_GENERAL, "general", [("150 g", 18990), ("300 g", 34990)], ["Grickal", "Oraščić"]),
    ("Špageti", "food/pasta", ["pasta"], RATE_GENERAL, "general", [("400 g", 9990), ("500 g", 11990)], ["Durum", "Klas", "Mlin"]),
    ("Makarone", "food/pasta", ["pasta"], RATE_GENERAL, "general", [("400 g", 9490)], ["Durum", "Klas"]),
    ("Pirinač", "food/rice", [], RATE_GENERAL, "general", [("800 g", 21990), ("1 kg", 25990)], ["Durum", "Polje"]),
    ("Brašno T-500", "food/flour", [], RATE_FOOD, "general", [("1 kg", 7990), ("5 kg", 37990)], ["Klas", "Mlin", "Žitnica"]),
    ("Šećer", "food/sugar", [], RATE_FOOD, "general", [("1 kg", 11990), ("5 kg", 57990)], ["Bačka", "Kristal"]),
    ("Suncokretovo ulje", "food/oil", ["oil"], RATE_FOOD, "general", [("1 l", 18990), ("2 l", 36990)], ["Cvet", "Ravnica"]),
    ("Maslinovo ulje", "food/oil", ["oil"], RATE_GENERAL, "general", [("0,5 l", 84990), ("1 l", 159990)], ["Cvet", "Jadranka"]),
    ("Ajvar", "food/preserves", ["ajvar"], RATE_GENERAL, "general", [("blagi 350 g", 28990), ("ljuti 690 g", 49990)],
     ["Bašta", "Leskovčanka"]),
    ("Kiseli krastavci", "food/preserves", [], RATE_GENERAL, "general", [("350 g", 18990), ("670 g", 28990)], ["Bašta", "Polje"]),
    ("Džem od šljiva", "food/preserves/jam", ["jam"], RATE_GENERAL, "general", [("300 g", 19990), ("700 g", 37990)],
     ["Bašta", "Šumadinka"]),
    ("Med bagremov", "food/honey", [], RATE_GENERAL, "general", [("450 g", 64990), ("900 g", 119990)], ["Košnica", "Šumadinka"]),
    ("Pašteta pileća", "food/meat/pate", [], RATE_GENERAL, "general", [("50 g", 6990), ("100 g", 10990)], ["Karnet", "Zlatar"]),
    ("Pileći file", "food/meat/fresh", ["meat"], RATE_FOOD, "general", [("500 g", 42990), ("1 kg", 79990)], ["Farma", "Zlatar"]),
    ("Ćevapi", "food/meat/fresh", ["meat"], RATE_FOOD, "general", [("400 g", 44990), ("800 g", 84990)], ["Farma", "Leskovčanka"]),
    ("Kobasica dimljena", "food/meat/sausage", ["meat"], RATE_GENERAL, "general", [("350 g", 49990)], ["Zlatar", "Farma", "Srem"]),
    ("Tunjevina", "food/fish", ["fish"], RATE_GENERAL, "general", [("160 g", 23990), ("2 x 80 g", 27990)], ["Jadranka", "Riba-Riba"]),
    ("Sok od jabuke", "drinks/juice", ["juice"], RATE_GENERAL, "general", [("0,2 l", 5490), ("1 l", 15990), ("2 l", 27990)],
     ["Voćko", "Kajsijar", "Sadnica"]),
    ("Sok od pomorandže", "drinks/juice", ["juice"], RATE_GENERAL, "general", [("1 l", 17990), ("2 l", 30990)],
     ["Voćko", "Sadnica"]),
    ("Gazirani sok kola", "drinks/soft", ["soft"], RATE_GENERAL, "general", [("0,5 l", 9990), ("1,5 l", 16990), ("2 l", 19990)],
     ["Kolica", "Šumeći"]),
    ("Voda", "drinks/water", ["water"], RATE_GENERAL, "general", [("0,5 l", 4990), ("5 l", 16990)], ["Studenac", "Vrelo", "Jezerka"]),
    ("Pivo", "drinks/beer", [], RATE_GENERAL, "alcohol", [("0,5 l", 8990), ("limenka 0,5 l", 9990), ("2 l", 29990)],
     ["Jelenko", "Lavica", "Dunav"]),
    ("Vino belo", "drinks/wine", [], RATE_GENERAL, "alcohol", [("0,75 l", 74990), ("1 l", 54990)], ["Sremac", "Župan"]),
    ("Vino crveno", "drinks/wine", [], RATE_GENERAL, "alcohol", [("1 l", 57990)], ["Sremac", "Župan"]),
    ("Rakija šljivovica", "drinks/spirits", [], RATE_GENERAL, "alcohol", [("0,7 l", 149990), ("1 l", 189990)], ["Župan", "Dedovina"]),
    ("Cigarete", "tobacco", [], RATE_GENERAL, "tobacco", [("crvene", 45000), ("plave", 43000), ("slim", 48000)],
     ["Tisa", "Morava", "Drinac"]),
    ("Kašica za bebe", "baby/food", ["baby"], RATE_GENERAL, "general", [("125 g", 10990), ("190 g", 14990)], ["Pačić", "Bebac"]),
    ("Mleko za odojčad", "baby/formula", [], RATE_GENERAL, "infant-formula", [("350 g", 119990), ("800 g", 239990)], ["Pačić", "Bebac"]),
    ("Pelene", "baby/nappies", ["baby"], RATE_GENERAL, "general", [("maxi 40 kom", 109990), ("junior 36 kom", 112990)], ["Bebac", "Mazko"]),
    ("Šampon", "care/hair", ["care"], RATE_GENERAL, "general", [("250 ml", 28990), ("400 ml", 39990)], ["Rosulja", "Lan", "Kopriva"]),
    ("Sapun", "care/soap", ["care"], RATE_GENERAL, "general", [("90 g", 7990), ("tečni 500 ml", 22990)], ["Rosulja", "Sapunko"]),
    ("Pasta za zube", "care/teeth", ["care"], RATE_GENERAL, "general", [("75 ml", 19990), ("125 ml", 28990)], ["Biser", "Osmeh"]),
    ("Toalet papir", "home/paper", ["paper"], RATE_GENERAL, "general", [("8 rolni", 29990), ("16 rolni", 54990)], ["Pahulja", "Perce"]),
    ("Ubrusi", "home/paper", ["paper"], RATE_GENERAL, "general", [("2 rolne", 18990), ("4 rolne", 33990)], ["Pahulja", "Perce"]),
    ("Deterdžent za veš", "home/laundry", ["laundry"], RATE_GENERAL, "general", [("1,5 kg", 59990), ("3 kg", 112990), ("6 kg", 199990)],
     ["Bistra", "Belko"]),
    ("Omekšivač", "home/laundry", ["laundry"], RATE_GENERAL, "general", [("1 l", 27990), ("2 l", 46990)], ["Bistra", "Perce"]),
    ("Sredstvo za sudove", "home/cleaning", ["cleaning"], RATE_GENERAL, "general", [("0,5 l", 15990), ("1 l", 24990)], ["Bistra", "Sjaj"]),
    ("Sveće", "home/candles", [], RATE_GENERAL, "general", [("6 kom", 19990)], ["Svetlost", "Pčela"]),
    ("Baterije AA", "home/batteries", [], RATE_GENERAL, "general", [("4 kom", 34990)], ["Varnica", "Volt"]),
    ("Sveska A4", "paper/school", ["school"], RATE_GENERAL, "general", [("52 lista", 9990), ("96 listova", 16990)], ["Đačko", "Skica"]),
    ("Hemijska olovka", "paper/school", ["school"], RATE_GENERAL, "general", [("plava", 4990), ("crna", 4990)], ["Đačko", "Skica"]),
    ("Hrana za pse", "pets/dogs", ["pets"], RATE_GENERAL, "general", [("400 g", 14990), ("3 kg", 89990)], ["Šarko", "Repić"]),
    ("Hrana za mačke", "pets/cats", ["pets"], RATE_GENERAL, "general", [("100 g", 6990), ("400 g", 13990), ("1,5 kg", 64990)], ["Mrnjau", "Repić"]),
    ("Paradajz", "food/vegetables", ["vegetables"], RATE_FOOD, "general", [("500 g", 12990), ("1 kg", 22990)], ["Bašta", "Polje"]),
    ("Krompir", "food/vegetables", ["vegetables"], RATE_FOOD, "general", [("2 kg", 17990), ("5 kg", 39990)], ["Polje"]),
    ("Banane", "food/fruit", ["fruit"], RATE_FOOD, "general", [("1 kg", 16990)], ["Sadnica"]),
    ("Smrznuti grašak", "food/frozen", ["frozen"], RATE_GENERAL, "general", [("400 g", 15990), ("1 kg", 32990)], ["Mraz", "Polje"]),
    ("Sladoled", "food/frozen/ice", ["ice"], RATE_GENERAL, "general", [("kornet 120 ml", 9990), ("1 l", 44990)], ["Mraz", "Pingvin"]),
    ("Pica", "food/frozen", ["frozen"], RATE_GENERAL, "general", [("330 g", 34990)], ["Mraz", "Klas"]),
]


def check_digit(digits):
    """GS1's check digit of the digits before it: weights 3 and 1 from the right."""
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(digits)))
    return str(-total % 10)


def ean13(body):
    assert len(body) == 12
    return body + check_digit(body)


def item(code, name, category, brand, legal_class, tax, price_minor, tags):
    return {"code": code, "name": name, "category": category, "brand": brand, "legal_class": legal_class, "tax": tax,
            "price_minor": price_minor, "tags": tags}


def fixed():
    """What the demo names: key -> item."""
    return {key: item(ean13(body), *rest) for key, body, *rest in FIXED}


def catalogue(count, seed):
    """`count` items: the fixed ones, every family, and own-brand variants until there are enough."""
    draw = random.Random(f"goods {seed}")
    items = list(fixed().values())
    families = [(name, category, tags, tax, legal, size, price, brand)
                for name, category, tags, tax, legal, sizes, brands in FAMILIES for size, price in sizes for brand in brands]
    extra = [(name, category, tags, tax, legal, size, price, brand) for brand in ("Moja Korpa", "Dobar Dan", "Naše")
             for name, category, tags, tax, legal, sizes, _ in FAMILIES for size, price in sizes]
    for number, (name, category, tags, tax, legal, size, price, brand) in enumerate(families + extra):
        if len(items) == count:
            break
        price = price + draw.randrange(-4, 5) * price // 100 // 1000 * 1000
        items.append(item(ean13(f"8602{number:08d}"), f"{name} {brand} {size}", category, brand, legal, tax, price, tags))
    assert len(items) == count, f"only {len(items)} goods"
    return items
