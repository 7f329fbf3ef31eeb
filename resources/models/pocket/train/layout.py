# SPDX-License-Identifier: GPL-3.0-or-later
"""The prompt layout of the model, and the labels that training hangs on it.

    <|startoftext|><|question|> Q<|documents|> S1<|m17|> S2<|m3|> … <|/documents|><|question|> Q<|answer|>
    answer: <|m3|><|endoftext|>, several markers for a list, <|notfound|><|endoftext|> for nothing

The question stands in front as well, so that every word of a segment can be compared with it while
it is read. Each marker closes its segment; marker numbers are drawn anew for each prompt. At a
marker the model is asked a second thing: does this segment answer? The next-token logits of
<|yes|> and <|no|> at that position are the verdict. Where two segments answer only together, the first
of them does not, as far as has been read; the second does. <|ranked|> after <|documents|> says that the
segments come best first from a search. Q and the segments are encoded with a space in front."""
import dataclasses

import tokenizer as tk
from words import STOP, guards, spans


def numbers(r, n):
    """Marker numbers for n segments: different ones, from as short a list as will do (16, then 64)."""
    pool = 16 if n <= 16 else tk.MARKERS
    return r.sample(range(pool), n) if n <= pool else [r.randrange(pool) for _ in range(n)]


@dataclasses.dataclass
class Prompt:
    ids: list
    markers: list  # position of each segment's marker
    answers: list  # per segment: does it answer, with those before it
    answer: int    # position of <|answer|>
    match: list    # (position of a word's end in a segment, position to look at: same word in Q, or 0)
    close: list    # those of `match` that look at 0 although the word ends in the same token as a word of Q
    echo: list     # likewise for words that Q does not have: the same word in an earlier segment, or 0
    hard: list     # per segment: does it not answer although it has all names, or leads the shortlist
    names: list    # per segment: do all names and numbers of Q stand in it; empty if Q has none


class Layout:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        self._cache = {}

    def text(self, text):
        """(ids, [(stem, index of the word's last token)]) of one question or segment."""
        hit = self._cache.get(text)
        if hit is None:
            ids, ends, at = [], {}, -1
            for w in tk.chunks(" " + text):
                ids += self.tokenizer.word(w)
                at += len(w)
                ends[at] = len(ids) - 1
            hit = ids, [(s, ends[e]) for s, _, e in spans(text) if s not in STOP and e in ends]
            if len(self._cache) > 20000:
                self._cache.clear()
            self._cache[text] = hit
        return hit

    def prompt(self, task, numbers):
        """numbers: one marker number per segment."""
        q_ids, q_words = self.text(task.question)
        ids = [tk.BOS, tk.QUESTION]
        where = {}
        for s, i in q_words:
            where[s] = len(ids) + i
        stems = [(s[:5], p) for s, p in where.items() if len(s) >= 5 and s.isalpha()]
        ids += q_ids
        ids.append(tk.DOCUMENTS)
        if task.ranked:
            ids.append(tk.RANKED)
        markers, match, close, echo, before = [], [], [], [], {}
        need, names = set(guards(task.question)), []
        last = {q_ids[i] for _, i in q_words}
        for text, number in zip(task.segments, numbers):
            s_ids, s_words = self.text(text)
            for s, i in s_words:
                target = where.get(s, 0)
                if not target and len(s) >= 5 and s.isalpha():
                    target = next((p for head, p in stems if s.startswith(head)), 0)
                (close if not target and s_ids[i] in last else match).append((len(ids) + i, target))
                if not target:
                    echo.append((len(ids) + i, before.get(s, 0)))
            before.update((s, len(ids) + i) for s, i in s_words)
            if need:
                names.append(need <= {s for s, _ in s_words})
            ids += s_ids
            markers.append(len(ids))
            ids.append(tk.MARKER_0 + number)
        ids.append(tk.END_DOCUMENTS)
        ids.append(tk.QUESTION)
        ids += q_ids
        answer = len(ids)
        ids.append(tk.ANSWER)
        gold = set(task.gold)
        ids += [ids[markers[g]] for g in task.gold] or [tk.NOT_FOUND]
        ids.append(tk.EOS)
        answers = {max(gold)} if task.kind == "hop" else gold
        hard = [k not in answers and ((bool(names) and names[k]) or (task.ranked and k < 2)) for k in range(len(markers))]
        return Prompt(ids, markers, [k in answers for k in range(len(markers))], answer, match, close, echo, hard, names)
