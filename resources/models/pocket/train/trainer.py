# SPDX-License-Identifier: GPL-3.0-or-later
"""Trains the model, resumably: python3 trainer.py --minutes 60 [--state-dir DIR] [--run NAME] …

A step is a pure function of the weights, the optimiser's moments, the seed, the step number and the
level, all of which are in the checkpoint; so a resumed run continues bit for bit (only the moment at
which cooling begins comes from the clock). On a graphics card (--device cuda, with --workers to make
its batches) the sums are not ordered, and it continues about so."""
import argparse
import glob
import json
import math
import os
import signal
import sys
import time


def parse(argv=None):
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--state-dir", default=os.path.join(project_root(), ".training"))
    p.add_argument("--run", default="xs", help="name of the run: its folder in the state folder")
    p.add_argument("--minutes", type=float, default=60.0)
    p.add_argument("--until", help="UTC time HH:MM at which to end at the latest")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    p.add_argument("--workers", type=int, default=0, help="processes that make batches ahead")
    p.add_argument("--nice", type=int, default=19)
    p.add_argument("--fp32", action="store_true", help="no bfloat16 factors in the products")
    p.add_argument("--steps", type=int, help="end after this many steps (tests)")
    p.add_argument("--cool-minutes", type=float, default=0.0,
                   help="let the learning rate fall to a twentieth over the last minutes; the result goes to "
                        "checkpoint-cooled.pt, and a resumed run goes on from where the cooling began")
    p.add_argument("--checkpoint-minutes", type=float, default=5.0)
    p.add_argument("--set", action="append", default=[], metavar="KEY=JSON",
                   help="a hyper-parameter of a fresh run, e.g. lr=0.002 or config.hidden_size=96")
    return p.parse_args(argv)


def environment(state_dir, threads):
    """Before PyTorch is loaded: the number of threads, and the OpenBLAS that train.sh has unpacked (a
    library path only counts from the start of a process, hence the second start)."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(threads)
    unpacked = glob.glob(os.path.join(os.path.abspath(state_dir), "blas", "usr", "lib", "*", "openblas-pthread"))
    if unpacked and unpacked[0] not in os.environ.get("LD_LIBRARY_PATH", ""):
        os.environ["LD_LIBRARY_PATH"] = unpacked[0]
        os.execv(sys.executable, [sys.executable] + sys.argv)


def project_root():
    here = os.path.dirname(os.path.abspath(__file__))
    return os.path.normpath(os.path.join(here, "..", "..", "..", ".."))


def defaults():
    return dict(seed=1, tokens_per_step=3072, lr=2.5e-3, warmup=200, beta1=0.9, beta2=0.98, eps=1e-8, decay=0.05, clip=1.0,
                decision=1.0, verdict=1.0, rest=0.2, pointer=0.3, match=0.3, match_none=0.2, match_close=0.2, echo=0.3, echo_none=0.2, names=1.0, hard_no=1.5, balance=0.01, average=0.998,
                gate=0.85, patience=1 << 30, config={})


class Trainer:
    def __init__(self, args, hyper=None, library=None, tok=None):
        import torch
        import batches
        import kernels
        import levels
        import layout
        import losses
        import model
        self.torch, self.kernels, self.losses = torch, kernels, losses
        torch.set_num_threads(args.threads)
        torch.set_flush_denormal(True)
        self.args, self.levels = args, levels.LEVELS
        self.hyper = hyper or defaults()
        self.tok = tok
        self.layout = layout.Layout(tok)
        self.batches = batches.Maker(self.hyper, library, tok)
        if args.workers:
            self.batches = batches.Ahead(self.batches, args.workers)
        self.device = torch.device(args.device)
        if args.device == "cuda":
            kernels.build_cuda(args.state_dir)
            torch.backends.cuda.matmul.allow_tf32 = not args.fp32
        else:
            kernels.build(args.state_dir)
        kernels.BF16 = not args.fp32
        self.config = model.Config(vocab_size=len(tok), **self.hyper["config"])
        torch.manual_seed(self.hyper["seed"])
        self.model = model.Jamba(self.config).to(self.device)
        self.flat = model.Flat(self.model)
        self.m, self.v = torch.zeros_like(self.flat.data), torch.zeros_like(self.flat.data)
        self.flat.decay *= self.hyper["decay"]
        self.average = self.flat.data.clone()  # of the last some hundred steps; what is measured and exported
        self.state = dict(step=0, level=0, tokens=0, seconds=0.0, cpu_seconds=0.0, mastery=[0.0, 0.0], level_step=0,
                          group=0, group_start=0, group_end=0, group_level=0, cooling=1.0)
        self.group, self.stop, self.unread = None, False, None

    def batch(self):
        """(level, labels) of this step. A resumed run makes its unfinished group again."""
        s = self.state
        if s["step"] >= s["group_end"]:
            s["group"], s["group_start"], s["group_level"] = s["group"] + 1, s["step"], s["level"]
            self.group = None
        if self.group is None:
            self.group = self.batches.group(s["group"], s["group_level"])
            s["group_end"] = s["group_start"] + len(self.group[1])
        level, batches = self.group
        return level, batches[s["step"] - s["group_start"]]

    def loss(self, labels):
        return self.losses.loss(self.model, labels.to(self.device), self.hyper)

    def step(self):
        """Its numbers; on a card those of the step before, as to wait for them would leave the card idle."""
        h, s = self.hyper, self.state
        level, labels = self.batch()
        total, stats = self.loss(labels)
        self.flat.grad.zero_()
        total.backward()
        norm = self.flat.grad.norm()
        lr = h["lr"] * min(1.0, (s["step"] + 1) / h["warmup"]) * s["cooling"]
        self.update(norm, lr)
        s["step"] += 1
        s["tokens"] += labels.ids.numel()
        now = dict(level=level, lr=lr, tokens=labels.ids.numel()), self.torch.cat((stats, norm[None]))
        if self.device.type == "cuda":
            now, self.unread = self.unread or now, now
        out = {**now[0], **dict(zip((*self.losses.NAMES, "norm"), now[1].tolist()))}
        if out["level"] == s["level"]:
            self.weigh_mastery(out)
        return out

    def update(self, norm, lr):
        h, step = self.hyper, self.state["step"] + 1
        if self.device.type == "cuda":
            scale = (h["clip"] / (norm + 1e-9)).clamp(max=1.0)
            self.flat.grad.nan_to_num_(0.0, 0.0, 0.0)
            scale = scale.where(norm.isfinite(), self.torch.zeros_like(scale))
        elif math.isfinite(float(norm)):
            scale = min(1.0, h["clip"] / (float(norm) + 1e-9))
        else:
            return
        self.kernels.adamw(self.flat.data, self.flat.grad, self.m, self.v, self.flat.decay, lr, h["beta1"], h["beta2"], h["eps"], scale, step)
        self.average.lerp_(self.flat.data, max(1 - h["average"], 1 / step))

    def weigh_mastery(self, stats):
        """Running means of both accuracies; the next level begins when one of them passes the gate, or after `patience` steps."""
        h, s, k = self.hyper, self.state, 0.98
        s["mastery"] = [k * m + (1 - k) * stats[name] for m, name in zip(s["mastery"], ("first", "best"))]
        steps = s["step"] - s["level_step"]
        mastered = steps > 100 and max(s["mastery"]) > h["gate"] or steps > h["patience"]
        if mastered and s["level"] + 1 < len(self.levels):
            s.update(level=s["level"] + 1, level_step=s["step"], mastery=[0.5, 0.5])
            self.note(dict(event="level", level=s["level"], step=s["step"], tokens=s["tokens"], seconds=round(s["seconds"])))

    def folder(self):
        return os.path.join(self.args.state_dir, self.args.run)

    def note(self, record):
        os.makedirs(self.folder(), exist_ok=True)
        with open(os.path.join(self.folder(), "metrics.jsonl"), "a") as f:
            f.write(json.dumps(record) + "\n")

    def save(self):
        os.makedirs(self.folder(), exist_ok=True)
        path = os.path.join(self.folder(), "checkpoint-cooled.pt" if self.state["cooling"] < 1 else "checkpoint.pt")
        content = dict(hyper=self.hyper, state=self.state, vocab=self.tok.vocab, data=self.flat.data, m=self.m, v=self.v, average=self.average)
        self.torch.save(content, path + ".tmp")
        os.replace(path + ".tmp", path)

    def load(self, averaged=False):
        """Reads the checkpoint; `averaged` puts the averaged weights into the model, to measure or export."""
        path = os.path.join(self.folder(), "checkpoint-cooled.pt" if averaged else "checkpoint.pt")
        if averaged and not os.path.exists(path):
            path = os.path.join(self.folder(), "checkpoint.pt")
        if not os.path.exists(path):
            return False
        c = self.torch.load(path, map_location=self.device)
        assert c["vocab"] == self.tok.vocab, "the checkpoint was trained with another tokenizer"
        self.state.update(c["state"])
        self.average.copy_(c["average"])
        self.flat.data.copy_(self.average if averaged else c["data"])
        self.m.copy_(c["m"])
        self.v.copy_(c["v"])
        self.group = None
        return True

    def run(self):
        """Steps until the time is over, SIGTERM comes or the steps are done; saves now and then and at the end."""
        a, s = self.args, self.state
        begun, cpu, end = time.time(), time.process_time(), deadline(a)
        before, saved, noted, seen, done = (s["seconds"], s["cpu_seconds"]), begun, begun, [], 0
        while not self.stop and time.time() < end and (a.steps is None or done < a.steps):
            self.cool(end)
            stats = self.step()
            done += 1
            now = time.time()
            s["seconds"], s["cpu_seconds"] = before[0] + now - begun, before[1] + time.process_time() - cpu
            if stats["level"] == s["level"]:
                seen.append(stats)
            if now - noted > 20 and seen:
                self.note_progress(seen)
                noted, seen = now, []
            if now - saved > a.checkpoint_minutes * 60:
                self.save()
                saved = now
        self.save()

    def cool(self, end):
        minutes, s = self.args.cool_minutes, self.state
        if minutes and time.time() > end - minutes * 60:
            if s["cooling"] == 1.0:
                self.save()
                self.note(dict(event="cooling", step=s["step"], tokens=s["tokens"]))
            s["cooling"] = min(0.999, 0.05 + 0.95 * (end - time.time()) / (minutes * 60))

    def note_progress(self, seen):
        """Means over the steps of the current level since the last record."""
        s = self.state
        means = {k: round(sum(x[k] for x in seen) / len(seen), 5) for k in seen[0] if k not in ("tokens", "level")}
        self.note(dict(event="train", step=s["step"], tokens=s["tokens"], seconds=round(s["seconds"], 1), cpu_seconds=round(s["cpu_seconds"], 1),
                       level=s["level"], mastery=[round(x, 4) for x in s["mastery"]], **means))


def deadline(args):
    end = time.time() + args.minutes * 60
    if args.until:
        hours, minutes = map(int, args.until.split(":"))
        now = time.gmtime()
        end = min(end, time.time() + (hours * 3600 + minutes * 60 - now.tm_hour * 3600 - now.tm_min * 60 - now.tm_sec) % 86400)
    return end


def prepare(args):
    """Corpus, tokenizer and hyper-parameters of a run; made on first use, then read back."""
    import corpus
    import tasks
    import tokenizer
    import vocabulary
    corpus.fetch(args.state_dir)
    tok_path = os.path.join(args.state_dir, "tokenizer.json")
    if not os.path.exists(tok_path):
        vocabulary.make(args.state_dir, tok_path)
    tok = tokenizer.Tokenizer.load(tok_path)
    folder = os.path.join(args.state_dir, args.run)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "hyper.json")
    if os.path.exists(path):
        with open(path) as f:
            hyper = {**defaults(), **json.load(f)}  # a run of an older trainer takes new settings as they are
    else:
        hyper = defaults()
        for item in args.set:
            key, text = item.split("=", 1)
            at = hyper
            *parents, name = key.split(".")
            for p in parents:
                at = at[p]
            at[name] = json.loads(text)
        with open(path, "w") as f:
            json.dump(hyper, f, indent=1)
    return hyper, tasks.Library(corpus.Corpus(args.state_dir)), tok


def main():
    args = parse()
    environment(args.state_dir, args.threads)
    os.nice(args.nice)
    hyper, library, tok = prepare(args)
    t = Trainer(args, hyper, library, tok)
    resumed = t.load()
    t.note(dict(event="start", resumed=resumed, step=t.state["step"], level=t.state["level"], pid=os.getpid(),
                parameters=t.flat.data.numel(), config=vars(t.config), hyper=hyper))
    signal.signal(signal.SIGTERM, lambda *_: setattr(t, 'stop', True))
    t.run()
    t.note(dict(event="end", step=t.state["step"], tokens=t.state["tokens"], seconds=round(t.state["seconds"])))


if __name__ == "__main__":
    sys.exit(main())
