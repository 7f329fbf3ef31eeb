# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte-fallback BPE in the tokenizer.json format of Jamba: training, encoding, decoding.

Spaces become U+2581, nothing is put in front of a text, no pre-tokenizer: merges only ever happen
inside one word with its leading space, so cutting a text into words first changes nothing. Digits,
punctuation and newlines stay single; a word has the same pieces whatever follows it."""
import collections
import heapq
import json
import re

SPACE = "\u2581"
MARKERS = 64
SPECIAL = (["<|pad|>", "<|startoftext|>", "<|endoftext|>", "<|unk|>",
            "<|question|>", "<|documents|>", "<|/documents|>", "<|answer|>", "<|notfound|>",
            "<|yes|>", "<|no|>", "<|ranked|>", "<|quote|>", "<|short|>", "<|names|>", "<|othernames|>"]
           + [f"<|m{i}|>" for i in range(MARKERS)])
PAD, BOS, EOS, UNK, QUESTION, DOCUMENTS, END_DOCUMENTS, ANSWER, NOT_FOUND, YES, NO, RANKED, QUOTE, SHORT, NAMES, OTHER_NAMES = range(16)
MARKER_0 = 16

_CHUNK = re.compile(SPACE + "?[^\\W\\d_]+|.", re.S)


def chunks(text):
    return _CHUNK.findall(text.replace(" ", SPACE))


def train(texts, size):
    """Returns (vocab list, merges list). Ids: special, ',', 256 bytes, merged pieces, characters."""
    counts = collections.Counter()
    for text in texts:
        counts.update(chunks(text))
    chars = collections.Counter()
    for w, n in counts.items():
        for c in w:
            chars[c] += n
    letters = [c for c, n in chars.most_common() if (c.isascii() and c.isprintable()) or c == SPACE]
    letters += [c for c, n in chars.most_common(140) if c not in letters and c not in "\n\t"]
    letters += [chr(i) for i in range(33, 127) if chr(i) not in letters]
    letters = [c for c in letters if c != ","]
    room = size - len(SPECIAL) - 1 - 256 - len(letters)
    known = set(letters)
    words = [[list(w), n] for w, n in counts.items() if len(w) > 1 and all(c in known for c in w)]
    pairs, where = collections.Counter(), collections.defaultdict(set)
    for k, (w, n) in enumerate(words):
        for a, b in zip(w, w[1:]):
            pairs[a, b] += n
            where[a, b].add(k)
    heap = [(-n, p) for p, n in pairs.items()]
    heapq.heapify(heap)
    merges, pieces = [], []
    while len(pieces) < room and heap:
        n, p = heapq.heappop(heap)
        if pairs.get(p, 0) != -n:
            if pairs.get(p, 0) > 0:
                heapq.heappush(heap, (-pairs[p], p))
            continue
        new = p[0] + p[1]
        merges.append(p)
        pieces.append(new)
        touched = set()
        for k in sorted(where.pop(p, ())):
            w, m = words[k]
            i, out = 0, []
            while i < len(w):
                if i + 1 < len(w) and (w[i], w[i + 1]) == p:
                    out.append(new)
                    i += 2
                else:
                    out.append(w[i])
                    i += 1
            if len(out) == len(w):
                continue
            for q in zip(w, w[1:]):
                pairs[q] -= m
            for q in zip(out, out[1:]):
                pairs[q] += m
                where[q].add(k)
                touched.add(q)
            words[k][0] = out
        del pairs[p]
        for q in touched:
            if pairs.get(q, 0) > 0:
                heapq.heappush(heap, (-pairs[q], q))
    vocab = SPECIAL + [","] + [f"<0x{i:02X}>" for i in range(256)] + pieces + letters
    return vocab, merges


class Tokenizer:
    def __init__(self, vocab, merges):
        self.vocab, self.merges = list(vocab), [tuple(m) for m in merges]
        self.id = {p: i for i, p in enumerate(self.vocab)}
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.byte_0 = self.id["<0x00>"]
        self._cache = {}

    def __len__(self):
        return len(self.vocab)

    def _word(self, w):
        parts = []
        for c in w:
            i = self.id.get(c)
            parts += [c] if i is not None and i >= self.byte_0 - 1 else [f"<0x{b:02X}>" for b in c.encode()]
        while len(parts) > 1:
            best = min(range(len(parts) - 1), key=lambda i: self.rank.get((parts[i], parts[i + 1]), 1 << 30))
            if (parts[best], parts[best + 1]) not in self.rank:
                break
            parts[best:best + 2] = [parts[best] + parts[best + 1]]
        return tuple(self.id[p] for p in parts)

    def word(self, w):
        ids = self._cache.get(w)
        if ids is None:
            ids = self._cache[w] = self._word(w)
            if len(self._cache) > 200000:
                self._cache.clear()
        return ids

    def encode(self, text):
        out = []
        for w in chunks(text):
            out += self.word(w)
        return out

    def decode(self, ids):
        out = bytearray()
        for i in ids:
            p = self.vocab[i]
            if self.byte_0 <= i < self.byte_0 + 256:
                out.append(i - self.byte_0)
            else:
                out += p.replace(SPACE, " ").encode()
        return out.decode("utf-8", errors="replace")

    def to_json(self):
        added = [{"id": i, "content": p, "single_word": False, "lstrip": False, "rstrip": False,
                  "normalized": False, "special": True} for i, p in enumerate(SPECIAL)]
        return {
            "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}]},
            "pre_tokenizer": None,
            "post_processor": {"type": "TemplateProcessing",
                               "single": [{"SpecialToken": {"id": SPECIAL[BOS], "type_id": 0}},
                                          {"Sequence": {"id": "A", "type_id": 0}}],
                               "pair": [{"SpecialToken": {"id": SPECIAL[BOS], "type_id": 0}},
                                        {"Sequence": {"id": "A", "type_id": 0}},
                                        {"Sequence": {"id": "B", "type_id": 1}}],
                               "special_tokens": {SPECIAL[BOS]: {"id": SPECIAL[BOS], "ids": [BOS],
                                                                 "tokens": [SPECIAL[BOS]]}}},
            "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"}, {"type": "Fuse"}]},
            "model": {"type": "BPE", "dropout": None, "unk_token": SPECIAL[UNK], "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
                      "vocab": self.id, "merges": [f"{a} {b}" for a, b in self.merges]},
        }

    @staticmethod
    def from_json(data):
        vocab = sorted(data["model"]["vocab"], key=data["model"]["vocab"].get)
        return Tokenizer(vocab, [m.split(" ") if isinstance(m, str) else m for m in data["model"]["merges"]])

    @staticmethod
    def load(path):
        with open(path, encoding="utf-8") as f:
            return Tokenizer.from_json(json.load(f))

    def save(self, path):
        with open(path, "w", encoding="utf-8") as f:
            json.dump(self.to_json(), f, ensure_ascii=False, indent=1)
