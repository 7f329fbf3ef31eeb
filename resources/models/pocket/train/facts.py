# SPDX-License-Identifier: GPL-3.0-or-later
"""Invented names and values, and sentences about them. Everything is a function of a Random.

One name in six (by a hash of the name) is held out: training never sees it."""
import zlib

_ONSET = "b d f g h k l m n p r s t v w z br dr gr kr pr tr st sk ch sh th bl fl gl".split()
_VOWEL = "a e i o u a e i o ai ea ou oo".split()
_CODA = ["", "", "", "", "n", "r", "l", "s", "m", "k", "nd", "rt", "ck", "ll"]
_FIRST = ("Lora Anna Peter Maria Tomas Ilse Viktor Nadia Karl Ruth Omar Lena Hugo Ines Boris Clara David Edith "
          "Felix Greta Henri Irene Jonas Katja Leo Mina Nils Olga Paul Rosa Simon Thea Urs Vera Walter Yara").split()
_MONTH = ("January February March April May June July August September October November December").split()
_PLAIN = ("amber anchor barley basalt beacon birch bramble candle cedar cinder clover cobalt copper coral crane "
          "dune ember falcon fern flint garnet granite harvest hazel heron indigo iris ivory jasper juniper kestrel "
          "lantern larch lark linden lotus maple marble meadow mercury mill nettle oak olive onyx opal orchard otter "
          "pearl pebble pine plum poplar quartz raven reed ridge river rowan saffron sage silver slate sparrow spruce "
          "summit swan thistle timber topaz tulip velvet violet walnut willow winter wren yarrow zinc").split()


_KINDS = {  # of value: what they are drawn from
    "colour": "red green blue black white grey yellow brown orange purple silver pink".split(),
    "material": "steel aluminium brass copper wood plastic rubber glass titanium leather cork carbon".split(),
    "trade": ("baker carpenter tailor smith gardener nurse teacher pilot plumber printer cook painter miller butcher "
              "weaver surveyor librarian chemist fisher mason clerk glazier").split(),
    "language": ("French German Dutch Polish Danish Greek Turkish Finnish Welsh Spanish Italian Czech Arabic Hindi "
                 "Swahili Basque Latvian Korean Maltese Irish").split(),
    "instrument": "violin cello flute piano organ trumpet harp guitar drum oboe horn viola clarinet banjo lute accordion".split(),
    "weekday": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "goods": "coal timber grain salt wool cement cotton sugar coffee iron cattle gravel fruit wine bricks oil".split(),
    "ailment": ("headaches fever coughing dizziness asthma gout insomnia nausea migraine eczema anaemia rheumatism hiccups "
                "cramps diabetes influenza").split(),
    "licence": ["the MIT licence", "the BSD licence", "the GPL, version 3", "the GPL, version 2", "the Apache licence",
                "the Mozilla licence", "the ISC licence", "terms of its own"],
}
_UNITS = {"metres": "metres", "kilograms": "kg", "volts": "volts", "years": "years", "degrees": "degrees", "seconds": "seconds",
          "megabytes": "MB", "days": "days", "watts": "watts", "hours": "hours", "percent": "percent", "knots": "knots",
          "milligrams": "mg", "months": "months"}


_AFFIXES = "Port Upper Lower New East West Ltd Institute Works Bank Hall MS School College University Plus United Rovers".split()  # of names, not their stems


def held_out_name(name):
    return zlib.crc32(name.encode()) % 6 == 0


def word(r):
    n = r.choice((2, 2, 2, 3))
    return "".join(r.choice(_ONSET) + r.choice(_VOWEL) for _ in range(n)) + r.choice(_CODA)


def _stem(r):
    return r.choice(_PLAIN) if r.random() < 0.35 else word(r)


def _digits(r, n):
    return str(r.randint(10 ** (n - 1), 10 ** n - 1))


def _code(r):
    style = r.randrange(4)
    letters = "".join(r.choice("ABCDEFGHKLMNPRSTVWXZ") for _ in range(r.choice((1, 1, 2))))
    if style == 0:
        return f"{letters}-{_digits(r, r.choice((2, 3)))}"
    if style == 1:
        return _digits(r, r.choice((4, 5, 6)))
    if style == 2:
        return f"{_digits(r, 3)}/{_digits(r, 2)}"
    return f"{letters}{_digits(r, 3)}-{_digits(r, 2)}"


_NAMES = {  # of a domain: its five forms with the stem w; a person has one
    "place": lambda r, w: (w, w, f"Port {w}", f"{w}-{word(r).capitalize()}", f"{r.choice(('Upper', 'Lower', 'New', 'East', 'West'))} {w}"),
    "company": lambda r, w: (f"{w} Ltd", f"{w} & {word(r).capitalize()}", f"the {w} Institute", f"{w} Works", f"{w} Bank"),
    "device": lambda r, w: (f"the {w} {_digits(r, 3)}", f"pump {_code(r)}", f"the {w} engine", f"model {_code(r)}", f"the {w} sensor"),
    "software": lambda r, w: (f"lib{w}", f"{w}-utils", f"{w}d", f"{w}", f"{w}-server"),
    "event": lambda r, w: (f"the {w} conference", f"the {w} fair", f"workshop {_code(r)}", f"the {w} congress", f"the {r.randint(3, 60)}th {w} meeting"),
    "vessel": lambda r, w: (f"the ferry {w}", f"the barge {w}", f"the {w}", f"MS {w}", f"yacht {_code(r)}"),
    "building": lambda r, w: (f"the {w} tower", f"{w} Hall", f"house {_code(r)}", f"the {w} museum", f"the {w} library"),
    "medicine": lambda r, w: (w, f"{w}in", f"{w}ol", f"{w} forte", f"{w} {_digits(r, 2)}"),
    "project": lambda r, w: (f"project {w}", f"the {w} programme", f"{w} {_digits(r, 2)}", f"initiative {_code(r)}", f"the {w} project"),
    "school": lambda r, w: (f"{w} School", f"the {w} academy", f"{w} College", f"the University of {w}", f"the {w} school"),
    "book": lambda r, w: (f"the novel {w}", f"the book {w}", f"{w} and {word(r).capitalize()}", f"the {w} chronicle", f"the {w} letters"),
    "vehicle": lambda r, w: (f"the {w} {_digits(r, 3)}", f"truck {_code(r)}", f"bus {_code(r)}", f"the {w} tram", f"van {_code(r)}"),
    "product": lambda r, w: (f"the {w} kettle", f"the {w} lamp", f"article {_code(r)}", f"{w} Plus", f"item {_code(r)}"),
    "club": lambda r, w: (f"{w} United", f"the {w} club", f"{w} Rovers", f"the {w} choir", f"the {w} society"),
    "person": lambda r, w: (f"{r.choice(_FIRST)} {w}",) * 5,
    "document": lambda r, w: (f"form {_code(r)}", f"the {w} contract", f"directive {_code(r)}", f"the {w} agreement", f"invoice {_code(r)}"),
}


ROLES = {  # of a domain: what a document about one such thing calls it; the words of a group mean the same
    "place": (("the town", "our town", "the municipality"), ("the village", "our village")),
    "company": (("the company", "our company", "the firm"), ("the supplier",), ("the employer",)),
    "device": (("the device", "the unit", "the appliance"), ("the machine", "this machine")),
    "software": (("the program", "the software", "this program"), ("the service", "our service")),
    "person": (("the applicant",), ("the patient",), ("the tenant",), ("the employee",), ("the author",)),
    "document": (("the contract", "this agreement", "the agreement"), ("the document", "this document"), ("the lease",)),
    "event": (("the event", "this event"), ("the meeting",), ("the conference", "our conference")),
    "vessel": (("the ship", "the vessel", "our ship"), ("the boat", "our boat")),
    "building": (("the building", "this building", "the property"), ("the house", "our house")),
    "medicine": (("the medicine", "the drug", "this medicine"), ("the preparation", "this preparation")),
    "project": (("the project", "our project"), ("the programme", "this programme")),
    "school": (("the school", "our school"),),
    "book": (("the book", "this book", "this volume"), ("the novel",)),
    "vehicle": (("the vehicle", "this vehicle"), ("the car", "our car"), ("the truck",)),
    "product": (("the product", "our product", "the article"), ("the item", "this item")),
    "club": (("the club", "our club"), ("the association", "our association")),
}


def _named(r, domain, stem):
    """A name of the domain's kind, made of the stem where it has one."""
    w, k = stem.lower() if domain == "software" else stem.capitalize(), r.randrange(5)
    return _NAMES[domain](r, w)[k]


def _raw_entity(r, domain):
    return _named(r, domain, word(r) if domain == "person" else _stem(r))


def entity(r, domain, unseen=False):
    while True:
        name = _raw_entity(r, domain)
        if held_out_name(name) == unseen:
            return name


def near_miss(r, name, domain, unseen=False):
    """A different name: one letter or digit away, or another one of the domain with the same stem."""
    stems = [w for w in name.split() if w.isalpha() and w[0].isupper() and w not in _AFFIXES]
    for attempt in range(50):
        new = _named(r, domain, stems[-1]) if stems and attempt == 0 and r.random() < 0.25 else _one_letter_away(r, name)
        if new != name and held_out_name(new) == unseen:
            return new
    return name + " II"


def _one_letter_away(r, name):
    chars = list(name)
    places = [i for i, c in enumerate(chars) if c.isalnum() and (c.isdigit() or i > 0)]
    i = r.choice(places[len(places) // 3:] or places)
    c = chars[i]
    pool = "0123456789" if c.isdigit() else ("ABCDEFGHKLMNPRSTVWXZ" if c.isupper() else "aeiou" if c in "aeiou" else "bdfgklmnprstvz")
    chars[i] = r.choice(pool)
    return "".join(chars)


def value(r, kind):
    if kind in _KINDS:
        return r.choice(_KINDS[kind])
    if kind in _UNITS:
        return f"{r.randint(2, 999)} {_UNITS[kind]}"
    if kind == "person":
        return f"{r.choice(_FIRST)} {word(r).capitalize()}"
    if kind in ("place", "company", "software"):
        return _raw_entity(r, kind)
    if kind == "device":
        return _raw_entity(r, kind).removeprefix("the ")
    if kind == "name":
        return word(r).capitalize()
    if kind == "code":
        return _code(r)
    if kind == "date":
        return f"{r.randint(1, 28)} {r.choice(_MONTH)} {r.randint(1890, 2029)}"
    if kind == "time":
        return f"{r.randint(6, 21)}:{r.choice(('00', '15', '30', '45'))}"
    if kind == "number":
        return _digits(r, r.choice((2, 3, 4, 5)))
    if kind == "port":
        return _digits(r, r.choice((2, 3, 4)))
    if kind == "version":
        return f"{r.randint(0, 12)}.{r.randint(0, 30)}" + (f".{r.randint(0, 20)}" if r.random() < 0.5 else "")
    if kind == "path":
        return r.choice((f"/etc/{word(r)}.conf", f"/var/log/{word(r)}", f"~/.{word(r)}rc", f"/etc/{word(r)}/{word(r)}.ini"))
    assert kind == "money", kind
    return r.choice((f"{_digits(r, r.choice((2, 3, 4)))} euros", f"{r.randint(2, 90)} million", f"{_digits(r, 2)},{_digits(r, 3)} francs"))


def sentence(template, **parts):
    s = template
    for key, text in parts.items():
        s = s.replace("{" + key + "}", text)
    return s[0].upper() + s[1:]


def wrapped(wrap, inner, template):
    """Inside another sentence: without its full stop, and small at its beginning unless a name stands there."""
    if not template.startswith("{") and not inner.startswith("I "):
        inner = inner[0].lower() + inner[1:]
    elif inner.startswith(("The ", "Our ", "This ")):
        inner = inner[0].lower() + inner[1:]
    s = wrap.replace("{s}", inner.removesuffix(".")).replace("{q}", inner)
    return s[0].upper() + s[1:]
