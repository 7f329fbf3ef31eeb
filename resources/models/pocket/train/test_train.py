# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the training: python3 -m unittest test_train (two minutes on one thread, no downloads)."""
import dataclasses
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

import torch

import decision
import export
import facts
import kernels
import layout
import levels
import losses
import model
import phrasings
import reference
import smoke
import tasks
import thesaurus
import tokenizer
import trainer
import words

STATE = tempfile.mkdtemp(prefix="pocket-test-")
SENTENCES = [f"The option {a} of the program {b} sets the {c} to {n} when it starts."
             for n, (a, b, c) in enumerate((a, b, c) for a in ("depth", "width", "speed", "colour", "force")
                                           for b in ("alpha", "bravo", "delta", "gamma") for c in ("limit", "timer", "buffer"))]


class TinyCorpus:
    manuals = {"invented": SENTENCES}
    thesaurus = {"ship": (["vessel"], ["shipment"]), "begin": (["start"], [])}


def tiny_tokenizer():
    r = random.Random(1)
    texts = [" " + s for s in SENTENCES]
    for _ in range(800):
        d = r.choice(list(phrasings.RELATIONS))
        rel = r.choice(phrasings.RELATIONS[d])
        texts.append(" " + facts.sentence(r.choice(phrasings.FACTS + phrasings.QUESTIONS), r=rel.noun, e=facts.entity(r, d),
                                          v=facts.value(r, rel.kind)))
    return tokenizer.Tokenizer(*tokenizer.train(texts, 900))


TOKENIZER = tiny_tokenizer()


def tiny_trainer(run, **hyper):
    args = trainer.parse(["--state-dir", STATE, "--run", run, "--threads", "1"])
    h = trainer.defaults()
    h.update(tokens_per_step=1024, warmup=20, config=dict(hidden_size=64, intermediate_size=64, num_attention_heads=4,
                                                         num_key_value_heads=2, mamba_dt_rank=4))
    h.update(hyper)
    return trainer.Trainer(args, h, tasks.Library(TinyCorpus()), TOKENIZER)


class Gradients(unittest.TestCase):
    """G0: finite differences in double precision, below 1e-3 relative."""

    def setUp(self):
        kernels.build(STATE)
        torch.manual_seed(0)

    def check(self, f, *inputs):
        inputs = [x.double().requires_grad_() for x in inputs]
        y = f(*inputs)
        w = torch.randn_like(y)
        grads = torch.autograd.grad((y * w).sum(), inputs)
        for x, g in zip(inputs, grads):
            d = torch.randn_like(x)
            with torch.no_grad():
                e = 1e-6
                there = [z + e * d if z is x else z for z in inputs]
                back = [z - e * d if z is x else z for z in inputs]
                numeric = float(((f(*there) - f(*back)) * w).sum()) / (2 * e)
            exact = float((g * d).sum())
            self.assertLess(abs(numeric - exact), 1e-5 * max(1.0, abs(exact)))

    def test_scan(self):
        for b, t, d in ((1, 1, 1), (2, 9, 37), (1, 40, 16)):
            self.check(kernels.Scan.apply, torch.randn(b, t, d), 3 * torch.randn(b, t, d), torch.randn(b, t, d),
                       -4 * torch.rand(d, 16), torch.randn(b, t, 16), torch.randn(b, t, 16), torch.randn(d))

    def test_convolution(self):
        for t in (1, 2, 3, 11):
            self.check(kernels.ConvSilu.apply, torch.randn(2, t, 7), torch.randn(7, 1, 4), torch.randn(7))

    def test_norm_and_gate(self):
        self.check(lambda x, w: kernels.RmsNorm.apply(x, w, 1e-6), torch.randn(3, 5, 8), torch.randn(8))
        self.check(kernels.SwiGlu.apply, torch.randn(3, 10))

    def test_float_scan_agrees_with_double(self):
        x = [torch.randn(2, 50, 33), torch.randn(2, 50, 33) * 4, torch.randn(2, 50, 33), -4 * torch.rand(33, 16),
             torch.randn(2, 50, 16), torch.randn(2, 50, 16), torch.randn(33)]
        a = kernels.Scan.apply(*x)
        b = kernels.Scan.apply(*(v.double() for v in x))
        self.assertLess(float((a - b).abs().max() / b.abs().max()), 1e-6)

    def test_whole_model_has_the_gradient_of_its_loss(self):
        t = tiny_trainer("gradient", tokens_per_step=400)
        kernels.BF16 = False
        _, labels = t.batch()
        t.model.double()
        flat = model.Flat(t.model)
        torch.manual_seed(3)
        direction = torch.randn_like(flat.data) * flat.data.std()
        t.loss(labels)[0].backward()
        exact = float((flat.grad * direction).sum())
        with torch.no_grad():
            e, both = 1e-7, []
            for sign in (1, -1):
                flat.data.add_(direction, alpha=sign * e)
                both.append(float(t.loss(labels)[0]))
                flat.data.add_(direction, alpha=-sign * e)
        self.assertLess(abs((both[0] - both[1]) / (2 * e) - exact) / abs(exact), 1e-3)

    def test_last_layer_at_some_rows_equals_the_whole(self):
        t = tiny_trainer("rows")
        kernels.BF16 = False
        ids = torch.randint(0, 900, (3, 20))
        rows = torch.tensor([0, 5, 19, 22, 41, 59])
        with torch.no_grad():
            whole = t.model(ids).reshape(60, -1)[rows]
            some, (_, p) = t.model(ids, rows, (torch.zeros(4, 0, dtype=torch.long), torch.tensor([[0, 3], [0, 2]])))
        self.assertLess(float((whole - some).abs().max()), 1e-4)
        self.assertAlmostEqual(float(p[0]), 1.0, places=5)

    def test_bfloat16_attention_is_near_the_plain_one(self):
        q, k, v = torch.randn(2, 60, 32), torch.randn(2, 30, 32), torch.randn(2, 30, 32)
        at = torch.tensor([[0, 1], [7, 40], [3, 2]])
        ins = [x.requires_grad_() for x in (q, k, v)]
        o, p = kernels.AttentionBf16.apply(*ins, at)
        mask = torch.full((30, 30), -1e30).triu(1).repeat(2, 1)
        a = (torch.bmm(q, k.transpose(1, 2)) * 32 ** -0.5 + mask).softmax(-1)
        o2, p2 = torch.bmm(a, v), a[at[0], at[1], at[2]]
        self.assertLess(float((o - o2).abs().max()), 0.03)
        for x, y in zip(torch.autograd.grad(o.sin().sum() + p.log().sum(), ins), torch.autograd.grad(o2.sin().sum() + p2.log().sum(), ins)):
            self.assertLess(float((x - y).norm() / y.norm()), 0.02)


class Learning(unittest.TestCase):
    def test_overfits_sixty_four_sequences(self):
        t = tiny_trainer("overfit", lr=4e-3, tokens_per_step=1 << 30)
        r = random.Random(2)
        shape = tasks.Shape(segments=3, entities=2, relations=1, absent=0.1, search=0.0)
        library = tasks.Library(TinyCorpus())
        prompts = [t.layout.prompt(x, layout.numbers(r, len(x.segments))) for x in (tasks.make(r, shape, library) for _ in range(64))]
        prompts.sort(key=lambda p: len(p.ids))
        batches = [losses.Labels(prompts[i:i + 16], t.hyper) for i in range(0, 64, 16)]
        for n in range(400):
            t.group = 0, [batches[n % 4]]
            t.state["group_start"], t.state["group_end"] = n, n + 1
            t.step()
            if n % 20 == 19:
                with torch.no_grad():
                    stats = [dict(zip(losses.NAMES, t.loss(b)[1].tolist())) for b in batches]
                if all(s["first"] == 1.0 and s["best"] == 1.0 for s in stats):
                    return
        self.fail(f"after 400 steps: {stats}")

    def test_a_resumed_run_equals_an_uninterrupted_one(self):
        a = tiny_trainer("whole")
        for _ in range(12):
            a.step()
        b = tiny_trainer("parts")
        for _ in range(5):  # in the middle of a group
            b.step()
        b.save()
        c = tiny_trainer("parts")
        self.assertTrue(c.load())
        for _ in range(7):
            c.step()
        self.assertEqual(a.state["tokens"], c.state["tokens"])
        self.assertTrue(torch.equal(a.flat.data, c.flat.data))
        self.assertTrue(torch.equal(a.m, c.m) and torch.equal(a.v, c.v) and torch.equal(a.average, c.average))

    def test_cooling_leaves_the_checkpoint_where_it_began(self):
        t = tiny_trainer("cool")
        t.args.steps, t.args.minutes, t.args.cool_minutes = 3, 1.0, 60.0
        t.run()
        warm, cool = tiny_trainer("cool"), tiny_trainer("cool")
        self.assertTrue(warm.load() and cool.load(averaged=True))
        self.assertEqual((warm.state["step"], cool.state["step"]), (0, 3))
        self.assertEqual(warm.state["cooling"], 1.0)


class Decision(unittest.TestCase):
    def test_a_fit_finds_the_sign_that_decides(self):
        r = random.Random(2)
        made = []
        for _ in range(400):
            gold = [k for k in range(4) if r.random() < 0.2][:1]
            signs = [decision.row(r.gauss(2 if k in gold else -2, 2), k not in gold and r.random() < 0.5, r.random(), False) for k in range(4)]
            made.append((tasks.Task("facts" if gold else "facts-absent", "", [], gold), signs))
        questions, signs_of = zip(*made)
        threshold, weights = decision.fit(torch, questions, signs_of)
        self.assertEqual(weights["verdict"], 1.0)
        self.assertLess(weights["missing"], -3)
        self.assertLess(abs(weights["coverage"]), 1)  # it says nothing here
        chosen = [decision.choice(s, (threshold, weights)) for s in signs_of]
        right = sum(c is None if t.absent else c in t.gold for t, c in zip(questions, chosen))
        self.assertGreater(right / len(made), 0.8)


    def test_a_later_look_counts_where_the_first_finds_nothing(self):
        one = {"absent": False, "gold": [9], "further": [[8, 0.5], [9, 2.0]]}
        self.assertEqual(decision.chosen(one, [-1, -4], -2, 1), 0)
        self.assertEqual(decision.chosen(one, [-3, -4], -2, 1), 9)
        self.assertIsNone(decision.chosen(one, [-3, -4], -2, 3))
        self.assertIsNone(decision.chosen({**one, "further": []}, [-3], -2, 1))
        absent = {"absent": True, "gold": [], "further": []}
        self.assertEqual(decision.right([one, absent], [[-3], [-5]], -2, 1), 2)
        self.assertEqual(decision.right([one, absent], [[-3], [-1]], -2, 1), -1)  # answers what is absent


class Smoke(unittest.TestCase):
    def test_a_curve_reproduces_itself_and_chance_does_not(self):
        learned = [(250_000 * (k + 1), k // 4, 0.3 + 0.04 * k) for k in range(16)]
        late = [(t, max(0, k // 8), right) for k, (t, _, right) in enumerate(learned)]
        self.assertTrue(smoke.reproduces(learned, learned))
        self.assertTrue(smoke.reproduces(learned[:9], learned))
        self.assertFalse(smoke.reproduces([(t, 0, 0.25) for t, _, _ in learned], learned))
        self.assertFalse(smoke.reproduces(late, learned))
        self.assertFalse(smoke.reproduces([], learned))

    def test_a_curve_has_a_row_for_each_window(self):
        window, smoke.WINDOW = smoke.WINDOW, 3000
        try:
            rows = smoke.curve(tiny_trainer("smoke"), 2.0)
        finally:
            smoke.WINDOW = window
        self.assertTrue(rows)
        for k, (tokens, level, right) in enumerate(rows):
            self.assertGreaterEqual(tokens, 3000 * (k + 1))
            self.assertTrue(0 <= right <= 1 and level >= 0)


class Export(unittest.TestCase):
    def test_reference_forward_over_the_files_equals_the_trainer(self):
        t = tiny_trainer("export", config=dict(hidden_size=64, intermediate_size=48, num_attention_heads=4, num_experts=3,
                                               num_experts_per_tok=2, mamba_dt_rank=5))
        for _ in range(3):
            t.step()
        kernels.BF16 = False
        folder = os.path.join(STATE, "exported")
        parameters = {n: p.detach().numpy() for n, p in t.model.named_parameters()}
        ids = t.batch()[1].ids[0].tolist()
        with torch.no_grad():
            ours = t.model(torch.tensor([ids]))[0].double().numpy()
        export.write(folder, t.config, parameters, t.tok, "fp32")
        self.assertLess(abs(reference.forward(folder, ids) - ours).max(), 1e-4)
        export.write(folder, t.config, parameters, t.tok, "bf16")
        self.assertLess(abs(reference.forward(folder, ids) - ours).max(), 0.5)
        with open(os.path.join(folder, "config.json")) as f:
            self.assertEqual(json.load(f)["num_experts_per_tok"], 2)


class Text(unittest.TestCase):
    def test_tokenizer_round_trip_and_file(self):
        path = os.path.join(STATE, "tokenizer.json")
        TOKENIZER.save(path)
        again = tokenizer.Tokenizer.load(path)
        for s in (" Naïve Ḁ\tports, 3.14: 日本 — x_y", "", "  two  spaces ", "lib-a/b\r\n"):
            self.assertEqual(again.decode(again.encode(s)), s)
            self.assertEqual(again.encode(s), TOKENIZER.encode(s))

    def test_cutting_into_words_changes_nothing(self):
        r = random.Random(4)
        for _ in range(200):
            s = "".join(r.choice("abcdeinorst  ,.-12É") for _ in range(30))
            parts = []
            for c in s.replace(" ", tokenizer.SPACE):
                parts += [c] if c in TOKENIZER.id else [f"<0x{b:02X}>" for b in c.encode()]
            while True:
                ranks = [TOKENIZER.rank.get(p, 1 << 30) for p in zip(parts, parts[1:])]
                if not ranks or min(ranks) == 1 << 30:
                    break
                i = ranks.index(min(ranks))
                parts[i:i + 2] = [parts[i] + parts[i + 1]]
            self.assertEqual(TOKENIZER.encode(s), [TOKENIZER.id[p] for p in parts])

    def test_there_are_many_ways_to_say_a_thing(self):
        relations = [x for domain in phrasings.RELATIONS.values() for x in domain]
        self.assertGreaterEqual(len(relations), 300)
        for x in relations:
            self.assertGreaterEqual(len(x.facts), 14, x.noun)
            self.assertGreaterEqual(len(x.questions), 12, x.noun)
        for general in (phrasings.FACTS, phrasings.QUESTIONS):
            self.assertGreaterEqual(len(general), 130)

    def test_no_phrasing_says_two_things(self):
        for domain, relations in phrasings.RELATIONS.items():
            said = [t for x in relations for t in x.facts + x.questions]
            self.assertEqual(len(said), len(set(said)), domain)
        nameless = {*phrasings.NAMELESS_FACTS, *phrasings.NAMELESS_QUESTIONS}
        for part in phrasings.everything():
            for t in part:
                self.assertTrue(any(x in t for x in ("{e}", "{s}", "{q}")) != (t in nameless and "{r}" in t), t)

    def test_no_phrasing_is_held_out_and_seen(self):
        sides = {which: {t for part in phrasings.everything() for t in phrasings.on(part, which)}
                 for which in (phrasings.TRAINING, phrasings.VALIDATION, phrasings.TEST)}
        total = sum(len(templates) for templates in sides.values())
        self.assertEqual(len(set.union(*sides.values())), total)
        self.assertTrue(0.12 < 1 - len(sides[phrasings.TRAINING]) / total < 0.18)
        for part in phrasings.everything():  # only here may a side borrow, so only validation ever does
            self.assertTrue(phrasings.on(part, phrasings.TRAINING))
        for part in (phrasings.FACTS, phrasings.QUESTIONS, phrasings.OLD_FACTS, phrasings.OLD_QUESTIONS, phrasings.FACT_WRAPS,
                     phrasings.QUESTION_WRAPS, *(x.questions for x in phrasings.HOPS), *(x.facts for x in phrasings.LISTS),
                     *(x.questions for x in phrasings.LISTS)):
            self.assertTrue(phrasings.on(part, phrasings.TEST))

    def test_tasks_draw_from_their_side_of_the_fence(self):
        drawn = []
        choose = phrasings.on
        phrasings.on = lambda templates, which: drawn.append(which) or choose(templates, which)
        try:
            for which in (phrasings.TRAINING, phrasings.TEST):
                drawn.clear()
                r, shape = random.Random(5), dataclasses.replace(levels.LEVELS[4], side=which, search=0.0)
                for _ in range(100):
                    tasks.make(r, shape, tasks.Library(TinyCorpus()))
                self.assertEqual(set(drawn), {which})
        finally:
            phrasings.on = choose

    def test_other_words_keep_their_form(self):
        table = {"ship": (["vessel"], ["shipment"]), "carry": (["transport"], []), "use": (["employ"], [])}
        r = random.Random(5)
        self.assertEqual({thesaurus.other(r, table, "Ship") for _ in range(20)}, {"vessel", "shipment"})
        for word, other in (("ships", "vessels"), ("carries", "transports"), ("carried", "transported"), ("using", "employing"),
                            ("used", "employed"), ("uses", "employs"), ("bus", None)):
            self.assertEqual(thesaurus.other(r, table, word), other)

    def test_training_never_sees_held_out_names(self):
        r = random.Random(5)
        for _ in range(300):
            domain = r.choice(list(phrasings.RELATIONS))
            for unseen in (False, True):
                name = facts.entity(r, domain, unseen)
                self.assertEqual(facts.held_out_name(name), unseen)
                other = facts.near_miss(r, name, domain, unseen)
                self.assertNotEqual(other, name)

    def test_every_gold_segment_answers(self):
        r, library = random.Random(6), tasks.Library(TinyCorpus())
        for shape in levels.LEVELS:
            for _ in range(100):
                t = tasks.make(r, shape, library)
                self.assertEqual(t.absent, not t.gold)
                self.assertEqual(len(set(t.segments)), len(t.segments))
                p = layout.Layout(TOKENIZER).prompt(t, layout.numbers(r, len(t.segments)))
                self.assertEqual([k for k, a in enumerate(p.answers) if a], sorted(t.gold)[-1:] if t.kind == "hop" else sorted(t.gold))
                for at, target in p.match:
                    self.assertLess(target, p.markers[0])
                for at, target in p.echo:
                    self.assertTrue(target == 0 or any(target < m < at for m in p.markers))

    def test_what_the_shortlist_misses_is_in_the_rest(self):
        r, library = random.Random(6), tasks.Library(TinyCorpus())
        shape = dataclasses.replace(levels.LEVELS[5], ranked=1.0, honest=True, search=0.0, lists=0.5, absent=0.2)
        missed = 0
        for _ in range(200):
            t = tasks.make(r, shape, library)
            self.assertFalse(set(t.segments) & set(t.rest))
            self.assertEqual(t.missed, bool(t.unshown))
            missed += t.missed and t.kind == "hop"
        self.assertGreater(missed, 0)

    def test_tasks_do_not_depend_on_pythons_string_hashes(self):
        code = ("import random, levels, tasks, test_train as t; r = random.Random(9); l = tasks.Library(t.TinyCorpus()); "
                "print([tasks.make(r, s, l) for s in levels.LEVELS for _ in range(40)])")
        outputs = {subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, check=True,
                                  cwd=os.path.dirname(os.path.abspath(__file__)), capture_output=True).stdout for seed in "12"}
        self.assertEqual(len(outputs), 1)

    def test_bm25_finds_the_sentence_with_the_words(self):
        index = words.Bm25(SENTENCES)
        self.assertEqual(index.top("speed delta buffer", 1)[0], [next(i for i, s in enumerate(SENTENCES) if "speed" in s and "delta" in s and "buffer" in s)])


if __name__ == "__main__":
    unittest.main()
