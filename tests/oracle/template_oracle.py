#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares lectern-cli template render with Jinja running the models' own templates, to the byte. See README.md."""
import argparse
import json
import os
import pathlib
import random
import sys
import tempfile

import jinja2
import jinja2.ext
import jinja2.sandbox
import tokenizers

from tokenizer_oracle import SOURCE, Product, variants

BOS = "<|startoftext|>"


def environment():
    """As transformers renders chat templates."""
    def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    def raise_exception(message):
        raise jinja2.exceptions.TemplateError(message)

    env = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True,
                                                       extensions=[jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    return env


class Contexts:
    """Random variables of a template."""
    PIECES = ["What is it?", "né à Zürich", "שלום", "日本語", "a\nb", "\n", " ", "  two", "\ttab", "\"quoted\"", "it's", "\\", "{{x}}",
              "{% if %}", "<b>", "&amp;", "\u00a0", "\u200b", "😀", "1,234.50", "100%", "\x07", "\x7f", "</s>", "e\u0301", "🏳️‍🌈", "\ue000"]
    MARKERS = ["<|eom|>", "<|im_end|>", "</documents>", "<think>", "</think>", "<tool_response>", "</tool_response>"]
    KEYS = ["author", "page_no", "source_url", "it's x2y", "ÉCOLE-à (b", "straße", "ßtart", "a{b[c<d", "İx", "ΟΔΟΣ", "url2", "ǆ", "x y\tz"]

    def __init__(self, seed):
        self.rng = random.Random(seed)

    def maybe(self, chance):
        return self.rng.random() < chance

    def text(self, least=1):
        rng = self.rng
        pool = self.PIECES + (self.MARKERS if self.maybe(0.1) else [])
        return "".join(rng.choice(pool) for _ in range(rng.randrange(least, 6)))

    def value(self, depth=0):
        rng = self.rng
        kind = rng.randrange(6 if depth > 1 else 8)
        if kind == 0:
            return rng.choice([0, 1, -7, 65536, 2**40, 2**63])
        if kind == 1:
            return rng.choice([0.0, 1.5, -0.25, 1e16, 1e-5, 123456789.125, 1e22, 0.1, 3.0])
        if kind == 2:
            return rng.choice([True, False])
        if kind == 3:
            return None
        if kind in (4, 5):
            return self.text(0)
        if kind == 6:
            return [self.value(depth + 1) for _ in range(rng.randrange(4))]
        return {rng.choice(self.KEYS): self.value(depth + 1) for _ in range(rng.randrange(4))}

    def call(self):
        arguments = {self.rng.choice(self.KEYS): self.value() for _ in range(self.rng.randrange(3))}
        function = {"name": "f%d" % self.rng.randrange(9), "arguments": arguments if self.maybe(0.7) else json.dumps(arguments)}
        return {"type": "function", "function": function} if self.maybe(0.6) else function

    def tool(self):
        function = {"name": "get_" + self.rng.choice("abc"), "description": self.text(),
                    "parameters": {"type": "object", "properties": {k: self.value() for k in self.KEYS[:self.rng.randrange(4)]}}}
        return {"type": "function", "function": function} if self.maybe(0.8) else function

    def jamba1(self):
        rng = self.rng
        messages = []
        if self.maybe(0.4):
            messages.append({"role": "system", "content": rng.choice([None, "", self.text()])})
        for _ in range(rng.randrange(1, 6)):
            role = rng.choice(["user", "user", "assistant", "assistant", "tool", "system"])
            content = rng.choice([self.text(), self.text(), "", None, [], False, [{"type": "text", "text": self.text()}]])
            message = {"role": role, "content": content}
            if self.maybe(0.2):
                message["name"] = rng.choice(["bob", None, "Zoë"])
            if role == "assistant" and self.maybe(0.4):
                message["tool_calls"] = [self.call() for _ in range(rng.randrange(3))]
            if role == "assistant" and self.maybe(0.3):
                message["citations"] = [{"document_id": rng.randrange(9)} for _ in range(rng.randrange(4))]
            messages.append(message)
        context = {"messages": messages}
        if self.maybe(0.4):
            context["documents"] = []
            for _ in range(rng.randrange(4)):
                document = {"title": rng.choice([self.text(), None])} if self.maybe(0.6) else {}
                document.update({key: self.value() for key in rng.sample(self.KEYS, rng.randrange(4))})
                document["text"] = self.text(0)
                context["documents"].append(document)
        if self.maybe(0.3):
            context["tools"] = [self.tool() for _ in range(rng.randrange(3))]
        # The template asks knobs for the citations of an answer without asking whether there are knobs.
        if self.maybe(0.5) or any("citations" in message for message in messages):
            context["knobs"] = {"is_set": self.maybe(0.7), "citation_mode": rng.choice(["fast", "off", None]),
                                "response_format": rng.choice(["json_object", "text"])}
        if self.maybe(0.6):
            context["add_generation_prompt"] = self.maybe(0.7)
        if self.maybe(0.3):
            context["generation_preamble"] = rng.choice(["Sure", " ", "", "\n", None, self.text()])
        return context

    def jamba2_thinking(self):
        rng = self.rng
        messages = [{"role": "system", "content": self.text(0)}] if self.maybe(0.4) else []
        for _ in range(rng.randrange(1, 8)):
            role = rng.choice(["user", "user", "assistant", "assistant", "tool", "tool", "system"])
            content = self.text(0)
            if role == "assistant" and self.maybe(0.5):
                content = rng.choice(["", "\n", "x"]) + "<think>" + self.text(0) + "</think>" + rng.choice(["", "\n\n"]) + content
                if self.maybe(0.5):
                    content = content[content.index("<think>"):]
            if role == "user" and self.maybe(0.15):
                content = "<tool_response>" + content + "</tool_response>"
            message = {"role": role, "content": content}
            if role == "assistant" and self.maybe(0.3):
                message["reasoning_content"] = rng.choice([None, "", "\nwhy\n", self.text()])
            if role == "assistant" and self.maybe(0.4):
                message["tool_calls"] = [self.call() for _ in range(rng.randrange(3))]
            messages.append(message)
        context = {"messages": messages}
        if self.maybe(0.3):
            context["tools"] = [self.tool() for _ in range(rng.randrange(3))]
        if self.maybe(0.8):
            context["add_generation_prompt"] = self.maybe(0.8)
        return context


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cli", type=pathlib.Path, default=SOURCE / "build/release/app/cli/lectern-cli")
    parser.add_argument("--samples", type=pathlib.Path,
                        default=pathlib.Path(os.environ.get("LECTERN_SAMPLES") or SOURCE / "../shared/samples"))
    parser.add_argument("--templates", type=pathlib.Path, required=True, help="jamba1.jinja, jamba2-thinking.jinja")
    parser.add_argument("--contexts", type=int, default=200, help="for each family")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    differences = 0
    values = variants(arguments.samples / "tokenizer")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        product = Product(arguments.cli, folder)
        for family, model in (("jamba1", "jamba-1.5"), ("jamba2-thinking", "jamba2")):
            template = environment().from_string((arguments.templates / (family + ".jinja")).read_text())
            (folder / model).mkdir()
            (folder / model / "tokenizer.json").write_text(json.dumps(values[model], ensure_ascii=False))
            reference = tokenizers.Tokenizer.from_file(str(folder / model / "tokenizer.json"))
            markers = [token["content"] for token in values[model]["added_tokens"]]
            contexts = Contexts(arguments.seed)
            size = with_ids = 0
            for number in range(arguments.contexts):
                context = getattr(contexts, family.replace("-", "_"))()
                theirs = template.render(bos_token=BOS, **context)
                (folder / "context.json").write_text(json.dumps(context, ensure_ascii=False))
                ours = json.loads(product.run("template", "render", folder / "context.json", "--model", folder / model,
                                              "--family", family, "--json"))
                size += len(theirs.encode())
                if ours["text"] != theirs:
                    differences += 1
                    at = len(os.path.commonprefix([ours["text"], theirs]))
                    print("DIFFERS: %s %d at %d: ours %r, theirs %r\n   %s" % (
                        family, number, at, ours["text"][at - 20:at + 40], theirs[at - 20:at + 40], json.dumps(context)[:1500]))
                # A whole string's tokenizer takes markers that a user wrote for its own; this program does not.
                if any(marker in part["text"] for part in ours["parts"] if not part["marker"] for marker in markers):
                    continue
                with_ids += 1
                if ours["ids"] != reference.encode(ours["text"], add_special_tokens=False).ids:
                    differences += 1
                    print("DIFFERS: %s %d in its ids" % (family, number))
            print("%s: %d contexts, %d bytes rendered, ids of %d compared" % (family, arguments.contexts, size, with_ids))
    print("%d differences, jinja2 %s" % (differences, jinja2.__version__))
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
