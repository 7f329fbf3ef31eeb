# SPDX-License-Identifier: GPL-3.0-or-later
"""The model: a Jamba as Hugging Face lays it out, with the same parameter names.

Block order, norms, scan, attention without positions and unnormalised top-k experts are those of
the reference implementation, so that the exported files load in any Jamba runtime."""
import dataclasses
import math

import torch
from torch import nn

import kernels as k


@dataclasses.dataclass
class Config:
    vocab_size: int = 2048
    hidden_size: int = 128
    intermediate_size: int = 192
    num_hidden_layers: int = 9
    num_attention_heads: int = 4
    num_key_value_heads: int = 2
    rms_norm_eps: float = 1e-6
    attn_layer_period: int = 3
    attn_layer_offset: int = 2
    expert_layer_period: int = 3
    expert_layer_offset: int = 1
    num_experts: int = 2
    num_experts_per_tok: int = 1
    mamba_d_state: int = 16
    mamba_d_conv: int = 4
    mamba_expand: int = 2
    mamba_dt_rank: int = 8

    def attention(self, i):
        return i % self.attn_layer_period == self.attn_layer_offset

    def experts(self, i):
        return self.num_experts > 1 and i % self.expert_layer_period == self.expert_layer_offset


class Weight(nn.Module):
    """A bare weight, so that parameters get the names of the file format."""

    def __init__(self, *shape, std=None, ones=False):
        super().__init__()
        if ones:
            data = torch.ones(*shape)
        else:
            bound = (std or shape[-1] ** -0.5)
            data = torch.empty(*shape).normal_(0, bound)
        self.weight = nn.Parameter(data)


class Mamba(nn.Module):
    def __init__(self, c):
        super().__init__()
        di, s, r = c.mamba_expand * c.hidden_size, c.mamba_d_state, c.mamba_dt_rank
        self.c, self.di = c, di
        self.in_proj = Weight(2 * di, c.hidden_size, std=0.6 * c.hidden_size ** -0.5)
        self.conv1d = Weight(di, 1, 4, std=0.3)
        self.conv1d.bias = nn.Parameter(torch.zeros(di))
        self.x_proj = Weight(r + 2 * s, di, std=0.6 * di ** -0.5)
        self.dt_layernorm, self.b_layernorm, self.c_layernorm = (Weight(n, ones=True) for n in (r, s, s))
        self.dt_proj = Weight(di, r, std=0.6 * r ** -0.5)
        dt = torch.exp(torch.rand(di) * (math.log(0.1) - math.log(0.001)) + math.log(0.001))
        self.dt_proj.bias = nn.Parameter(dt + torch.log(-torch.expm1(-dt)))
        self.A_log = nn.Parameter(torch.log(torch.arange(1, s + 1).float()).repeat(di, 1))
        self.D = nn.Parameter(torch.ones(di))
        self.out_proj = Weight(c.hidden_size, di, std=0.6 * (di * 2 * c.num_hidden_layers) ** -0.5)

    def forward(self, x):
        c, di, s, r = self.c, self.di, self.c.mamba_d_state, self.c.mamba_dt_rank
        w = self.in_proj.weight
        a, z = k.linear(x, w[:di]), k.linear(x, w[di:])
        u = k.ConvSilu.apply(a, self.conv1d.weight, self.conv1d.bias)
        dt, B, C = k.linear(u, self.x_proj.weight).split([r, s, s], -1)
        dt = k.rms_norm(dt, self.dt_layernorm.weight, c.rms_norm_eps)
        B = k.rms_norm(B, self.b_layernorm.weight, c.rms_norm_eps)
        C = k.rms_norm(C, self.c_layernorm.weight, c.rms_norm_eps)
        dt = nn.functional.linear(dt, self.dt_proj.weight, self.dt_proj.bias)
        y = k.Scan.apply(u, dt, z, -torch.exp(self.A_log), B, C, self.D)
        return k.linear(y, self.out_proj.weight)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        h, d = c.hidden_size, c.hidden_size // c.num_attention_heads
        self.heads, self.kv, self.d = c.num_attention_heads, c.num_key_value_heads, d
        self.q_proj, self.o_proj = Weight(h, h), Weight(h, h, std=(h * 2 * c.num_hidden_layers) ** -0.5)
        self.k_proj, self.v_proj = Weight(self.kv * d, h), Weight(self.kv * d, h)

    def forward(self, x, places):
        """places: (batch, query, key, group), four vectors. Returns the output and the weights there of the first
        query head of that group of keys."""
        b, t, _ = x.shape
        kv, g, d = self.kv, self.heads // self.kv, self.d
        q = k.linear(x, self.q_proj.weight).view(b, t, kv, g, d).permute(0, 2, 3, 1, 4).reshape(b * kv, g * t, d)
        key = k.linear(x, self.k_proj.weight).view(b, t, kv, d).transpose(1, 2).reshape(b * kv, t, d)
        v = k.linear(x, self.v_proj.weight).view(b, t, kv, d).transpose(1, 2).reshape(b * kv, t, d)
        at = torch.stack((places[0] * kv + places[3], places[1], places[2]))
        if k.BF16 and x.dtype == torch.float32 and not x.is_cuda:
            o, p = k.AttentionBf16.apply(q, key, v, at)
        else:
            mask = x.new_full((t, t), -1e30).triu(1).repeat(g, 1)
            a = (torch.bmm(q, key.transpose(1, 2)) * d ** -0.5 + mask).softmax(-1)
            o, p = torch.bmm(a, v), a[at[0], at[1], at[2]]
        o = o.view(b, kv, g, t, d).permute(0, 3, 1, 2, 4).reshape(b, t, -1)
        return k.linear(o, self.o_proj.weight), p

    def at_rows(self, x, rows, places):
        """The same for the flat positions `rows` (ascending) alone; places: (number of the row, key)."""
        b, t, _ = x.shape
        kv, g, d = self.kv, self.heads // self.kv, self.d
        batch, at = rows // t, rows % t
        first = torch.searchsorted(batch, torch.arange(b))
        slot = torch.arange(len(rows)) - first[batch]
        width = int(slot.max()) + 1
        q = x.new_zeros(b, width, kv * g * d)
        q[batch, slot] = k.linear(x.reshape(-1, x.shape[-1])[rows], self.q_proj.weight)
        limit = torch.zeros(b, width, dtype=torch.long)
        limit[batch, slot] = at
        q = q.view(b, width, kv, g, d).permute(0, 2, 3, 1, 4).reshape(b * kv, g * width, d)
        key = k.linear(x, self.k_proj.weight).view(b, t, kv, d).transpose(1, 2).reshape(b * kv, t, d)
        v = k.linear(x, self.v_proj.weight).view(b, t, kv, d).transpose(1, 2).reshape(b * kv, t, d)
        hidden = (torch.arange(t) > limit[:, :, None]).view(b, 1, 1, width, t)
        a = torch.bmm(q, key.transpose(1, 2)).view(b, kv, g, width, t) * d ** -0.5
        a = a.masked_fill(hidden, -1e30).softmax(-1)
        p = a[batch[places[0]], 0, 0, slot[places[0]], places[1]]
        o = torch.bmm(a.view(b * kv, g * width, t), v).view(b, kv, g, width, d)
        o = o.permute(0, 3, 1, 2, 4).reshape(b, width, -1)[batch, slot]
        return k.linear(o, self.o_proj.weight), p


class Mlp(nn.Module):
    def __init__(self, c):
        super().__init__()
        h, i = c.hidden_size, c.intermediate_size
        self.gate_proj, self.up_proj = Weight(i, h, std=0.6 * h ** -0.5), Weight(i, h, std=0.6 * h ** -0.5)
        self.down_proj = Weight(h, i, std=0.6 * (i * 2 * c.num_hidden_layers) ** -0.5)

    def forward(self, x):
        gv = k.linear(x, torch.cat((self.gate_proj.weight, self.up_proj.weight)))
        return k.linear(k.swiglu(gv), self.down_proj.weight)


class Experts(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.top = c.num_experts_per_tok
        self.router = Weight(c.num_experts, c.hidden_size, std=0.02)
        self.experts = nn.ModuleList([Mlp(c) for _ in range(c.num_experts)])
        self.balance = None

    def forward(self, x):
        shape = x.shape
        x = x.reshape(-1, shape[-1])
        p = nn.functional.linear(x, self.router.weight).softmax(-1)
        chosen = p.topk(self.top, -1).indices
        y = torch.zeros_like(x)
        share = []
        for e, mlp in enumerate(self.experts):
            here = (chosen == e).any(-1)
            share.append(here.to(x.dtype).mean())
            if x.is_cuda:  # all tokens, rather than wait for their number
                y = y + mlp(x) * (p[:, e:e + 1] * here[:, None])
                continue
            rows = here.nonzero().squeeze(1)
            if rows.numel():
                y = y.index_add(0, rows, mlp(x[rows]) * p[rows, e:e + 1])
        # Switch-style balance: share of tokens times mean probability (Fedus et al. 2021, eq. 4)
        self.balance = len(self.experts) * (p.mean(0) * torch.stack(share)).sum()
        return y.view(shape)


class Layer(nn.Module):
    def __init__(self, c, i):
        super().__init__()
        self.eps, self.is_attention = c.rms_norm_eps, c.attention(i)
        if self.is_attention:
            self.self_attn = Attention(c)
        else:
            self.mamba = Mamba(c)
        self.feed_forward = Experts(c) if c.experts(i) else Mlp(c)
        self.input_layernorm = Weight(c.hidden_size, ones=True)
        self.pre_ff_layernorm = Weight(c.hidden_size, ones=True)

    def forward(self, x, places, rows=None):
        """With `rows` the result has these flat positions alone."""
        y, weights = k.rms_norm(x, self.input_layernorm.weight, self.eps), None
        if rows is not None:
            y, weights = self.self_attn.at_rows(y, rows, places)
            x = x.reshape(-1, x.shape[-1])[rows]
        elif self.is_attention:
            y, weights = self.self_attn(y, places)
        else:
            y = self.mamba(y)
        x = x + y
        return x + self.feed_forward(k.rms_norm(x, self.pre_ff_layernorm.weight, self.eps)), weights


class Trunk(nn.Module):
    def __init__(self, c):
        super().__init__()
        # Large embeddings: with 0.1 the residual stream was 18 times as large as a marker's own vector
        # after a few hundred steps, and the markers could not be copied (1.9 M tokens, still at chance).
        self.embed_tokens = Weight(c.vocab_size, c.hidden_size, std=0.5)
        self.layers = nn.ModuleList([Layer(c, i) for i in range(c.num_hidden_layers)])
        self.final_layernorm = Weight(c.hidden_size, ones=True)
        self.final_layernorm.weight.data.fill_(0.2)  # keeps the first logits near one


class Jamba(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.model = Trunk(config)

    def balance(self):
        parts = [layer.feed_forward.balance for layer in self.model.layers if isinstance(layer.feed_forward, Experts)]
        return sum(parts) / len(parts) if parts else 0.0

    def forward(self, ids, rows=None, places=None):
        """Logits at the flat positions `rows` (ascending; all if None) of ids [B, T]. With `places` also
        attention weights: of the first attention layer at (batch, query, key, group), of the last
        layer's head 0 at (number of the row, key). The last layer works at `rows` alone: a seventh of the step."""
        c, m = self.config, self.model
        x = nn.functional.embedding(ids, m.embed_tokens.weight)
        none = torch.zeros(4, 0, dtype=torch.long, device=ids.device)
        inner, outer = places or (none, none[:2])
        found = []
        for i, layer in enumerate(m.layers):
            last = rows is not None and layer.is_attention and i + 1 == len(m.layers)
            if last and x.is_cuda:  # all positions, rather than wait for how many rows a sequence has
                t, of = ids.shape[1], rows[outer[0]]
                x, w = layer(x, torch.stack((of // t, of % t, outer[1], of * 0)))
            elif last:
                x, w = layer(x, outer, rows)
            else:
                x, w = layer(x, inner)
            if w is not None:
                found.append(w)
                inner = none
        if rows is not None and x.dim() == 3:
            x = x.reshape(-1, x.shape[-1])[rows]
        x = k.rms_norm(x, m.final_layernorm.weight, c.rms_norm_eps)
        logits = k.linear(x, m.embed_tokens.weight)
        return logits if places is None else (logits, (found[0], found[-1]))


class Flat:
    """All parameters and gradients as views of two vectors, for the optimiser and the checkpoint."""

    def __init__(self, module):
        named = list(module.named_parameters())
        self.data = torch.cat([p.detach().reshape(-1) for _, p in named])
        self.grad = torch.zeros_like(self.data)
        self.decay = torch.zeros_like(self.data)
        at = 0
        for name, p in named:
            n = p.numel()
            p.data = self.data[at:at + n].view_as(p)
            p.grad = self.grad[at:at + n].view_as(p)
            if p.dim() == 2 and "A_log" not in name and "embed" not in name:
                self.decay[at:at + n] = 1.0
            at += n
