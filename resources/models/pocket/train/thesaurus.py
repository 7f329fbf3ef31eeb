# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that say nearly the same, from WordNet (Debian's wordnet-base), so that real sentences can be asked for in
other words than their own."""
import collections
import json
import os
import subprocess
import tempfile

PACKAGE, LICENCE = "wordnet-base", "WordNet-3.0 (permissive)"
_POS = {"1": "noun", "2": "verb", "3": "adj", "4": "adv", "5": "adj"}
_MOST = 4  # alternatives of a word, of either sort


def fetch(state_dir, log=print):
    """Writes corpus/thesaurus.json: word -> [words of the same meaning, words derived from it]. The result is a pure
    function of the package."""
    target = os.path.join(state_dir, "corpus", "thesaurus.json")
    if os.path.exists(target):
        return
    with tempfile.TemporaryDirectory() as work:
        subprocess.run(["apt-get", "-q", "download", PACKAGE], cwd=work, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deb = next(name for name in os.listdir(work) if name.endswith(".deb"))
        subprocess.run(["dpkg", "-x", deb, "x"], cwd=work, check=True)
        table = _read(os.path.join(work, "x", "usr", "share", "wordnet"))
    with open(target, "w") as f:
        json.dump(table, f)
    log(f"{deb}: {len(table)} words ({LICENCE})")


def load(state_dir):
    with open(os.path.join(state_dir, "corpus", "thesaurus.json")) as f:
        return json.load(f)


def _lines(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as f:
        return [line for line in f if not line.startswith("  ")]


def _plain(word):
    return word.isascii() and word.isalpha() and word.islower() and len(word) > 2


def _read(folder):
    """For every word the others of its most used meaning, and what is derived from it there (wndb(5), senseidx(5))."""
    offsets, synsets = {}, {}
    for pos in ("noun", "verb", "adj", "adv"):
        for line in _lines(folder, f"index.{pos}"):
            fields = line.split()
            pointers, senses = int(fields[3]), int(fields[2])
            offsets[fields[0], pos] = fields[6 + pointers:6 + pointers + senses]
        for line in _lines(folder, f"data.{pos}"):
            synsets[pos, line[:8]] = _synset(line)
    used = collections.defaultdict(dict)  # word -> {(pos, number of the sense): how often it was met}
    for line in _lines(folder, "cntlist.rev"):
        key, sense, count = line.split()
        word, rest = key.split("%")
        used[word][_POS[rest[0]], int(sense)] = int(count)

    def of(word, pos, offset):  # how often the word was met in this meaning
        places = offsets.get((word, pos), ())
        return used[word].get((pos, places.index(offset) + 1), 0) if word in used and offset in places else 0

    table = {}
    for word in sorted(used):
        (pos, sense), _ = max(used[word].items(), key=lambda item: (item[1], item[0]))
        places = offsets.get((word, pos), ())
        if not _plain(word) or len(places) < sense:
            continue
        words, derived = synsets[pos, places[sense - 1]]
        same = sorted((w for w in words if w != word and _plain(w) and of(w, pos, places[sense - 1])),
                      key=lambda w: (-of(w, pos, places[sense - 1]), w))
        kin = []
        for number, other_pos, offset, other in derived:
            if words[number - 1] == word:
                near = synsets[other_pos, offset][0][other - 1]
                if _plain(near) and near not in same + kin + [word] and of(near, other_pos, offset):
                    kin.append(near)
        if same or kin:
            table[word] = same[:_MOST], kin[:_MOST]
    return table


def _synset(line):
    """(its words, [(number of a word, part of speech, synset and number of the word derived from it)])"""
    fields = line.split("|")[0].split()
    count = int(fields[3], 16)
    words = [fields[4 + 2 * i].split("(")[0].lower() for i in range(count)]
    at, derived = 4 + 2 * count, []
    for i in range(int(fields[at])):
        symbol, offset, pos, numbers = fields[at + 1 + 4 * i:at + 5 + 4 * i]
        if symbol == "+" and numbers != "0000":
            derived.append((int(numbers[:2], 16), {"n": "noun", "v": "verb", "a": "adj", "s": "adj", "r": "adv"}[pos], offset, int(numbers[2:], 16)))
    return words, derived


def other(r, table, word):
    """Another word for this one in about its form, or None."""
    w = word.lower()
    if w in table:
        same, kin = table[w]
        return r.choice(same + kin)
    for ending, bases in (("ies", ("y",)), ("es", ("", "e")), ("s", ("",)), ("ied", ("y",)), ("ed", ("", "e")), ("ing", ("", "e"))):
        if w.endswith(ending):
            for base in bases:
                hit = table.get(w[:-len(ending)] + base)
                if hit and hit[0]:
                    return _ended(r.choice(hit[0]), {"ies": "s", "es": "s", "ied": "ed"}.get(ending, ending))
    return None


def _ended(word, ending):
    if ending == "s":
        return word[:-1] + "ies" if word.endswith("y") and word[-2] not in "aeiou" else word + ("es" if word.endswith(("s", "x", "ch", "sh")) else "s")
    if word.endswith("y") and ending == "ed" and word[-2] not in "aeiou":
        return word[:-1] + "ied"
    return (word[:-1] if word.endswith("e") else word) + ending
