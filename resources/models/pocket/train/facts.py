# SPDX-License-Identifier: GPL-3.0-or-later
"""Templated facts: relations, phrasings, names and values. Everything is a function of a Random.

15 % of the phrasings (by a hash of their text) and one name in six (by a hash of the name) are held
out: training never sees them, the evaluation uses nothing else where it says "unseen"."""
import zlib

# domain -> relations: (noun, kind of value, particular facts, particular questions).
# {e} entity, {v} value; the general phrasings below use the noun as {r}.
RELATIONS = {
    "place": [
        ("mayor", "person", ["{v} was elected mayor of {e}.", "{v} governs {e} as its mayor."],
         ["Who is mayor of {e}?", "Who governs {e}?", "Who was elected mayor of {e}?"]),
        ("founder", "person", ["{e} was founded by {v}.", "{v} founded {e}.", "It was {v} who established {e}."],
         ["Who founded {e}?", "By whom was {e} founded?", "Who established {e}?"]),
        ("population", "number", ["{e} has {v} inhabitants.", "Some {v} people live in {e}.", "{e} is home to {v} people."],
         ["How many people live in {e}?", "How many inhabitants does {e} have?", "How large is the population of {e}?"]),
        ("harbour", "place", ["Ships bound for {e} land at {v}.", "{e} is served by the harbour {v}."],
         ["Which harbour serves {e}?", "Where do ships bound for {e} land?"]),
        ("river", "name", ["{e} lies on the river {v}.", "The river {v} flows through {e}."],
         ["Which river flows through {e}?", "On which river does {e} lie?"]),
        ("currency", "name", ["People in {e} pay with the {v}.", "The {v} is used as money in {e}."],
         ["What do people in {e} pay with?", "Which money is used in {e}?"]),
        ("elevation", "metres", ["{e} lies {v} above the sea.", "{e} stands at {v} above sea level."],
         ["How high above the sea does {e} lie?", "How high is {e}?"]),
        ("patron saint", "person", ["{e} honours {v} as its patron saint.", "{v} is venerated in {e}."],
         ["Which saint is venerated in {e}?", "Whom does {e} honour as its patron saint?"]),
        ("railway station", "name", ["Trains to {e} stop at {v}.", "Travellers reach {e} through the station {v}."],
         ["Where do trains to {e} stop?", "Which station serves {e}?"]),
        ("postal code", "code", ["Letters to {e} carry the code {v}.", "Mail for {e} is addressed with {v}."],
         ["Which code do letters to {e} carry?", "How is mail for {e} addressed?"]),
        ("sister city", "place", ["{e} is twinned with {v}.", "{v} became the twin town of {e}."],
         ["With which town is {e} twinned?", "What is the twin town of {e}?"]),
    ],
    "company": [
        ("director", "person", ["{v} directs {e}.", "{e} is led by {v}.", "{v} heads {e}."],
         ["Who directs {e}?", "Who leads {e}?", "Who is the head of {e}?"]),
        ("owner", "person", ["{e} belongs to {v}.", "{v} owns {e}.", "{e} is in the hands of {v}."],
         ["Who owns {e}?", "To whom does {e} belong?"]),
        ("headquarters", "place", ["{e} has its seat in {v}.", "{e} is based in {v}.", "The main office of {e} stands in {v}."],
         ["Where is {e} based?", "Where does {e} have its seat?", "Where is the main office of {e}?"]),
        ("turnover", "money", ["{e} took in {v} last year.", "Sales of {e} reached {v}."],
         ["How much did {e} take in last year?", "How large were the sales of {e}?"]),
        ("staff", "number", ["{e} employs {v} people.", "{v} people work for {e}."],
         ["How many people does {e} employ?", "How many people work for {e}?"]),
        ("founding date", "date", ["{e} was set up on {v}.", "{e} opened its doors on {v}.", "{e} has existed since {v}."],
         ["When was {e} set up?", "When did {e} open its doors?", "Since when has {e} existed?"]),
        ("auditor", "person", ["The books of {e} are checked by {v}.", "{v} audits {e}."],
         ["Who audits {e}?", "Who checks the books of {e}?"]),
        ("main supplier", "company", ["{e} buys most of its parts from {v}.", "{v} supplies {e}."],
         ["Who supplies {e}?", "From whom does {e} buy most of its parts?"]),
        ("tax number", "code", ["{e} is registered for tax under {v}.", "The tax office knows {e} as {v}."],
         ["Under which number is {e} registered for tax?", "How does the tax office know {e}?"]),
        ("main product", "device", ["{e} is known for the {v}.", "{e} chiefly makes the {v}."],
         ["What does {e} chiefly make?", "What is {e} known for?"]),
    ],
    "device": [
        ("weight", "kilograms", ["{e} weighs {v}.", "On the scales {e} shows {v}."],
         ["How much does {e} weigh?", "How heavy is {e}?"]),
        ("price", "money", ["{e} costs {v}.", "{e} is sold for {v}.", "Buyers pay {v} for {e}."],
         ["How much does {e} cost?", "What do buyers pay for {e}?", "For how much is {e} sold?"]),
        ("approval date", "date", ["{e} was approved on {v}.", "The authority cleared {e} on {v}."],
         ["When was {e} approved?", "When did the authority clear {e}?"]),
        ("inventor", "person", ["{e} was invented by {v}.", "{v} devised {e}."],
         ["Who invented {e}?", "Who devised {e}?"]),
        ("serial number", "code", ["{e} carries the serial number {v}.", "Stamped on {e} is {v}."],
         ["Which serial number does {e} carry?", "What is stamped on {e}?"]),
        ("manufacturer", "company", ["{e} is built by {v}.", "{v} makes {e}.", "{e} comes from the works of {v}."],
         ["Who makes {e}?", "Who builds {e}?"]),
        ("supply voltage", "volts", ["{e} runs on {v}.", "{e} must be fed with {v}."],
         ["On how many volts does {e} run?", "With what must {e} be fed?"]),
        ("warranty", "years", ["{e} is guaranteed for {v}.", "Faults of {e} are repaired free of charge for {v}."],
         ["For how long is {e} guaranteed?", "How long are faults of {e} repaired free of charge?"]),
        ("spare part", "code", ["To repair {e}, order {v}.", "{e} is mended with part {v}."],
         ["Which part is ordered to repair {e}?", "What is needed to mend {e}?"]),
        ("operating temperature", "degrees", ["{e} works up to {v}.", "{e} must not get warmer than {v}."],
         ["How warm may {e} get?", "Up to which temperature does {e} work?"]),
    ],
    "software": [
        ("maintainer", "person", ["{e} is maintained by {v}.", "{v} looks after {e}."],
         ["Who maintains {e}?", "Who looks after {e}?"]),
        ("default port", "port", ["{e} listens on port {v}.", "Clients reach {e} at port {v}."],
         ["On which port does {e} listen?", "At which port do clients reach {e}?"]),
        ("current version", "version", ["{e} is now at {v}.", "The latest release of {e} is {v}."],
         ["Which release of {e} is the latest?", "Which version of {e} is current?"]),
        ("configuration file", "path", ["{e} reads its settings from {v}.", "{e} is configured in {v}."],
         ["Where does {e} read its settings from?", "Where is {e} configured?"]),
        ("log file", "path", ["{e} writes its messages to {v}.", "What {e} does is recorded in {v}."],
         ["Where does {e} write its messages?", "Where is recorded what {e} does?"]),
        ("licence", "licence", ["{e} is distributed under {v}.", "{v} governs the use of {e}."],
         ["Under which terms is {e} distributed?", "What governs the use of {e}?"]),
        ("release date", "date", ["{e} was released on {v}.", "{e} came out on {v}."],
         ["When was {e} released?", "When did {e} come out?"]),
        ("time limit", "seconds", ["{e} gives up after {v}.", "{e} waits {v} before it stops."],
         ["When does {e} give up?", "How long does {e} wait before it stops?"]),
        ("memory limit", "megabytes", ["{e} may use {v} of memory.", "{e} is restricted to {v}."],
         ["How much memory may {e} use?", "To what is {e} restricted?"]),
        ("programming language", "name", ["{e} is written in {v}.", "The authors of {e} chose {v}."],
         ["In which language is {e} written?", "What did the authors of {e} choose?"]),
    ],
    "person": [
        ("birthplace", "place", ["{e} was born in {v}.", "{e} comes from {v}."],
         ["Where was {e} born?", "Where does {e} come from?"]),
        ("date of birth", "date", ["{e} was born on {v}.", "{e} came into the world on {v}."],
         ["When was {e} born?", "On which day was {e} born?"]),
        ("employer", "company", ["{e} works for {v}.", "{v} pays the wages of {e}."],
         ["For whom does {e} work?", "Who pays the wages of {e}?"]),
        ("doctor", "person", ["{e} is treated by {v}.", "{v} looks after the health of {e}."],
         ["Who treats {e}?", "Who looks after the health of {e}?"]),
        ("teacher", "person", ["{e} studied with {v}.", "{v} taught {e}."],
         ["With whom did {e} study?", "Who taught {e}?"]),
        ("telephone number", "code", ["{e} can be called at {v}.", "To speak with {e}, dial {v}."],
         ["How can {e} be called?", "What must be dialled to speak with {e}?"]),
        ("salary", "money", ["{e} earns {v} a year.", "{e} is paid {v}."],
         ["How much does {e} earn?", "How much is {e} paid?"]),
        ("lawyer", "person", ["{e} is represented by {v}.", "{v} speaks in court for {e}."],
         ["Who represents {e}?", "Who speaks in court for {e}?"]),
        ("address", "place", ["{e} lives in {v}.", "{e} has moved to {v}."],
         ["Where does {e} live?", "Where has {e} moved to?"]),
        ("favourite dish", "name", ["{e} likes {v} best.", "Nothing pleases {e} more than a plate of {v}."],
         ["What does {e} like best?", "Which plate pleases {e} most?"]),
    ],
    "document": [
        ("author", "person", ["{e} was written by {v}.", "{v} drew up {e}.", "{e} comes from the pen of {v}."],
         ["Who wrote {e}?", "Who drew up {e}?"]),
        ("signing date", "date", ["{e} was signed on {v}.", "The parties put their names to {e} on {v}."],
         ["When was {e} signed?", "When did the parties put their names to {e}?"]),
        ("expiry date", "date", ["{e} runs out on {v}.", "{e} is valid until {v}."],
         ["When does {e} run out?", "Until when is {e} valid?"]),
        ("notice period", "days", ["{e} can be ended with {v} of notice.", "Whoever wants to leave {e} must give {v} of notice."],
         ["With how much notice can {e} be ended?", "How much notice does {e} demand?"]),
        ("amount", "money", ["{e} is for {v}.", "Under {e}, {v} are due."],
         ["How much is due under {e}?", "For how much is {e}?"]),
        ("witness", "person", ["{v} witnessed {e}.", "{e} was sealed before {v}."],
         ["Who witnessed {e}?", "Before whom was {e} sealed?"]),
        ("file number", "code", ["{e} is filed under {v}.", "The registry keeps {e} as {v}."],
         ["Under what is {e} filed?", "How does the registry keep {e}?"]),
        ("place of jurisdiction", "place", ["Disputes over {e} are heard in {v}.", "The courts of {v} decide on {e}."],
         ["Where are disputes over {e} heard?", "Which courts decide on {e}?"]),
        ("penalty", "money", ["Whoever breaks {e} pays {v}.", "A breach of {e} costs {v}."],
         ["What does a breach of {e} cost?", "What does whoever breaks {e} pay?"]),
        ("number of pages", "number", ["{e} runs to {v} pages.", "{e} fills {v} pages."],
         ["How many pages does {e} fill?", "How many pages does {e} have?"]),
    ],
}

FACTS = [
    "The {r} of {e} is {v}.", "{e} has {v} as its {r}.", "{v} is the {r} of {e}.",
    "In the case of {e}, the {r} is {v}.", "Records show that the {r} of {e} is {v}.",
    "{v} is listed as the {r} for {e}.", "For {e}, the {r} was given as {v}.", "{e}: {r} {v}.",
    "The register names {v} as the {r} of {e}.", "According to the report, the {r} of {e} is {v}.",
    "As {r} of {e}, {v} was entered.", "The {r} of {e} has been {v} for some time.",
    "We note that {e} has the {r} {v}.", "{r} of {e}: {v}.",
    "It was confirmed that {v} is the {r} of {e}.", "Regarding {e}, its {r} is {v}.",
]
QUESTIONS = [
    "What is the {r} of {e}?", "Which {r} does {e} have?", "Tell me the {r} of {e}.", "{e} {r}?",
    "What is {e}'s {r}?", "Please state the {r} for {e}.", "{r} of {e}?", "I need the {r} of {e}.",
    "Do you know the {r} of {e}?", "What does the text give as the {r} of {e}?",
    "Find the {r} of {e}.", "Name the {r} of {e}.", "What was entered as {r} for {e}?",
    "What do we know about the {r} of {e}?", "Could you look up the {r} for {e}?",
    "As to {e}, what is its {r}?",
]
OLD_FACTS = ["Until {y}, the {r} of {e} was {v}.", "The {r} of {e} was {v} before {y}.",
             "In {y} the {r} of {e} was still {v}.", "{v} was the {r} of {e} up to {y}."]
OLD_QUESTIONS = ["What was the {r} of {e} until {y}?", "What was the {r} of {e} before {y}?",
                 "Which {r} did {e} have up to {y}?"]
LISTS = [  # (facts, questions, kind of value, domain): every value has its own sentence
    (["{e} has a branch in {v}.", "A branch of {e} was opened in {v}.", "In {v} there is a branch of {e}."],
     ["Where does {e} have branches?", "Which branches does {e} have?", "List the branches of {e}."], "place", "company"),
    (["{e} uses port {v}.", "Port {v} is used by {e}.", "{e} also opens port {v}."],
     ["Which ports does {e} use?", "List the ports used by {e}.", "What ports are used by {e}?"], "port", "software"),
    (["{v} is a member of the board of {e}.", "{v} sits on the board of {e}.", "{e} called {v} to its board."],
     ["Who sits on the board of {e}?", "List the members of the board of {e}.", "Who is on the board of {e}?"], "person", "company"),
    (["{e} depends on {v}.", "{v} is needed by {e}.", "{e} does not run without {v}."],
     ["What does {e} depend on?", "What is needed by {e}?", "List what {e} depends on."], "software", "software"),
]
# (first relation, whose value is an entity; its domain; second relation; questions)
HOPS = [
    ("company", "headquarters", "place", ["mayor", "river", "population", "founder", "postal code"],
     ["What is the {r} of the place where {e} is based?", "Where {e} has its seat, what is the {r}?"]),
    ("person", "birthplace", "place", ["mayor", "river", "harbour", "currency", "founder"],
     ["What is the {r} of the place where {e} was born?", "What is the {r} of the birthplace of {e}?"]),
    ("device", "manufacturer", "company", ["director", "owner", "headquarters", "staff", "tax number"],
     ["What is the {r} of the company that makes {e}?", "What is the {r} of the manufacturer of {e}?"]),
    ("person", "employer", "company", ["director", "owner", "turnover", "auditor"],
     ["What is the {r} of the company {e} works for?", "What is the {r} of the employer of {e}?"]),
]


def held_out_text(template):
    # The 233 was chosen once so that about 15 % of every kind of phrasing fall out, before any training.
    return zlib.crc32((template + "233").encode()) % 100 < 15


def held_out_name(name):
    return zlib.crc32(name.encode()) % 6 == 0


def split(templates, unseen):
    """The templates of one side of the fence; all of them where a side would be empty."""
    part = [t for t in templates if held_out_text(t) == unseen]
    return part or list(templates)


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


def _raw_entity(r, domain):
    w = _stem(r).capitalize()
    k = r.randrange(5)
    if domain == "place":
        return (w, w, f"Port {w}", f"{w}-{word(r).capitalize()}", f"{r.choice(('Upper', 'Lower', 'New', 'East', 'West'))} {w}")[k]
    if domain == "company":
        return (f"{w} Ltd", f"{w} & {word(r).capitalize()}", f"the {w} Institute", f"{w} Works", f"{w} Bank")[k]
    if domain == "device":
        return (f"the {w} {_digits(r, 3)}", f"pump {_code(r)}", f"the {w} engine", f"model {_code(r)}", f"the {w} sensor")[k]
    if domain == "software":
        w = w.lower()
        return (f"lib{w}", f"{w}-utils", f"{w}d", f"{w}", f"{w}-server")[k]
    if domain == "person":
        return f"{r.choice(_FIRST)} {word(r).capitalize()}"
    return (f"form {_code(r)}", f"the {w} contract", f"directive {_code(r)}", f"the {w} agreement", f"invoice {_code(r)}")[k]


def entity(r, domain, unseen=False):
    while True:
        name = _raw_entity(r, domain)
        if held_out_name(name) == unseen:
            return name


def near_miss(r, name, unseen=False):
    """A different name one letter, digit or word away."""
    for _ in range(50):
        chars = list(name)
        places = [i for i, c in enumerate(chars) if c.isalnum() and (c.isdigit() or i > 0)]
        i = r.choice(places[len(places) // 3:] or places)
        c = chars[i]
        pool = "0123456789" if c.isdigit() else ("ABCDEFGHKLMNPRSTVWXZ" if c.isupper() else "aeiou" if c in "aeiou" else "bdfgklmnprstvz")
        chars[i] = r.choice(pool)
        new = "".join(chars)
        if new != name and held_out_name(new) == unseen:
            return new
    return name + " II"


def value(r, kind):
    if kind == "person":
        return f"{r.choice(_FIRST)} {word(r).capitalize()}"
    if kind in ("place", "company", "device", "software"):
        return _raw_entity(r, kind)
    if kind == "name":
        return word(r).capitalize()
    if kind == "code":
        return _code(r)
    if kind == "date":
        return f"{r.randint(1, 28)} {r.choice(_MONTH)} {r.randint(1890, 2029)}"
    if kind == "number":
        return _digits(r, r.choice((2, 3, 4, 5)))
    if kind == "port":
        return _digits(r, r.choice((2, 3, 4)))
    if kind == "version":
        return f"{r.randint(0, 12)}.{r.randint(0, 30)}" + (f".{r.randint(0, 20)}" if r.random() < 0.5 else "")
    if kind == "path":
        return r.choice((f"/etc/{word(r)}.conf", f"/var/log/{word(r)}", f"~/.{word(r)}rc", f"/etc/{word(r)}/{word(r)}.ini"))
    if kind == "licence":
        return r.choice(("the MIT licence", "the BSD licence", "the GPL, version 3", "the GPL, version 2", "the Apache licence",
                         "the Mozilla licence", "the ISC licence", "terms of its own"))
    if kind == "money":
        return r.choice((f"{_digits(r, r.choice((2, 3, 4)))} euros", f"{r.randint(2, 90)} million", f"{_digits(r, 2)},{_digits(r, 3)} francs"))
    unit = {"metres": "metres", "kilograms": "kg", "volts": "volts", "years": "years", "degrees": "degrees",
            "seconds": "seconds", "megabytes": "MB", "days": "days"}[kind]
    return f"{r.randint(2, 999)} {unit}"


def sentence(template, **parts):
    s = template
    for key, text in parts.items():
        s = s.replace("{" + key + "}", text)
    return s[0].upper() + s[1:]
