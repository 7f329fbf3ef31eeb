# SPDX-License-Identifier: GPL-3.0-or-later
"""kernels.c (on a graphics card kernels.cu) as PyTorch functions, and linear layers that may multiply in bfloat16."""
import ctypes
import hashlib
import os
import subprocess

import torch

_LIB = {}


def build(state_dir):
    """Compiles kernels.c for this machine into the state folder, once per version of the source."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernels.c")
    with open(source, "rb") as f:
        tag = hashlib.sha256(f.read()).hexdigest()[:12]
    for real, dtype in (("float", torch.float32), ("double", torch.float64)):
        target = os.path.join(state_dir, "build", f"kernels-{tag}-{real}.so")
        if not os.path.exists(target):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            subprocess.run(["gcc", "-O3", "-march=native", "-ffast-math", "-fopenmp-simd", "-mprefer-vector-width=512", "-shared", "-fPIC",
                            f"-DREAL={real}", source, "-o", target + ".tmp", "-lm"], check=True)
            os.replace(target + ".tmp", target)
        _LIB[dtype] = ctypes.CDLL(target)


def build_cuda(state_dir):
    """Likewise kernels.cu, for the first graphics card of this machine."""
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernels.cu")
    with open(source, "rb") as f:
        tag = hashlib.sha256(f.read()).hexdigest()[:12]
    card = "".join(map(str, torch.cuda.get_device_capability()))
    target = os.path.join(state_dir, "build", f"kernels-{tag}-sm{card}.so")
    if not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        subprocess.run(["nvcc", "-O3", f"-arch=sm_{card}", "-shared", "-Xcompiler", "-fPIC", source, "-o", target + ".tmp"], check=True)
        os.replace(target + ".tmp", target)
    _LIB["cuda"] = ctypes.CDLL(target)


def _launch(name, *args):
    """A function of kernels.cu on the current stream; it reads dense float32 tensors."""
    out = [ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)]
    for a in args:
        if isinstance(a, torch.Tensor):
            assert a.is_contiguous() and a.dtype == torch.float32 and a.is_cuda
            out.append(ctypes.c_void_p(a.data_ptr()))
        else:
            out.append(ctypes.c_long(a))
    error = getattr(_LIB["cuda"], name)(*out)
    assert error == 0, f"{name}: CUDA error {error}"


def _call(name, dtype, *args):
    c = ctypes.c_float if dtype == torch.float32 else ctypes.c_double
    out = []
    for a in args:
        if isinstance(a, torch.Tensor):
            assert a.is_contiguous() and a.dtype == dtype
            out.append(ctypes.c_void_p(a.data_ptr()))
        else:
            out.append(c(a) if isinstance(a, float) else ctypes.c_long(a))
    getattr(_LIB[dtype], name)(*out)


class RmsNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w, eps):
        x = x.contiguous()
        y = torch.empty_like(x)
        _call("rmsnorm_fwd", x.dtype, x, w, y, x.numel() // x.shape[-1], x.shape[-1], eps)
        ctx.save_for_backward(x, w)
        ctx.eps = eps
        return y

    @staticmethod
    def backward(ctx, gy):
        x, w = ctx.saved_tensors
        gx, gw = torch.empty_like(x), torch.zeros_like(w)
        _call("rmsnorm_bwd", x.dtype, x, w, gy.contiguous(), gx, gw, x.numel() // x.shape[-1], x.shape[-1], ctx.eps)
        return gx, gw, None


class ConvSilu(torch.autograd.Function):
    """x [B, T, d], w [d, 1, 4], b [d]."""

    @staticmethod
    def forward(ctx, x, w, b):
        x, wt = x.contiguous(), w.reshape(-1, 4).t().contiguous()
        u = torch.empty_like(x)
        if x.is_cuda:
            _launch("conv_fwd", x, wt, b, u, *x.shape)
        else:
            _call("conv_fwd", x.dtype, x, wt, b, u, *x.shape, x.shape[2])
        ctx.save_for_backward(x, wt, b)
        return u

    @staticmethod
    def backward(ctx, gu):
        x, wt, b = ctx.saved_tensors
        gx, gw, gb = torch.empty_like(x), torch.zeros_like(wt), torch.zeros_like(b)
        if x.is_cuda:
            _launch("conv_bwd", x, wt, b, gu.contiguous(), gx, gw, gb, *x.shape)
        else:
            _call("conv_bwd", x.dtype, x, wt, b, gu.contiguous(), gx, gw, gb, *x.shape, x.shape[2])
        return gx, gw.t().reshape(-1, 1, 4), gb


class Scan(torch.autograd.Function):
    """Softplus, selective scan, D skip and gate; see kernels.c."""

    @staticmethod
    def forward(ctx, u, r, z, A, B, C, D):
        t = [x.contiguous() for x in (u, r, z, A, B, C, D)]
        o, y = torch.empty_like(t[0]), torch.empty_like(t[0])
        kept = []
        if y.is_cuda:
            b, length, d = y.shape
            kept = [y.new_empty(b, length, A.shape[1], d)]
            _launch("scan_fwd", *t, o, y, *kept, *y.shape)
        else:
            _call("scan_fwd", y.dtype, *t, o, y, *y.shape)
        ctx.save_for_backward(*t, o, *kept)
        return y

    @staticmethod
    def backward(ctx, gy):
        t = ctx.saved_tensors
        g = [torch.empty_like(x) for x in t[:3]] + [torch.zeros_like(x) for x in t[3:7]]
        if gy.is_cuda:
            _launch("scan_bwd", *t, gy.contiguous(), *g, *gy.shape)
        else:
            _call("scan_bwd", gy.dtype, *t, gy.contiguous(), *g, *gy.shape)
        return tuple(g)


class SwiGlu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, gv):
        gv = gv.contiguous()
        n = gv.shape[-1] // 2
        y = gv.new_empty(*gv.shape[:-1], n)
        _call("swiglu_fwd", gv.dtype, gv, y, y.numel() // n, n)
        ctx.save_for_backward(gv)
        return y

    @staticmethod
    def backward(ctx, gy):
        gv, = ctx.saved_tensors
        g = torch.empty_like(gv)
        _call("swiglu_bwd", gv.dtype, gv, gy.contiguous(), g, gy.numel() // gy.shape[-1], gy.shape[-1])
        return g


class _LinearBf16(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        x16, w16 = x.reshape(-1, x.shape[-1]).bfloat16(), w.bfloat16()
        ctx.save_for_backward(x16, w16)
        ctx.shape = x.shape
        return torch.mm(x16, w16.t()).float().view(*x.shape[:-1], w.shape[0])

    @staticmethod
    def backward(ctx, gy):
        x16, w16 = ctx.saved_tensors
        g16 = gy.reshape(-1, gy.shape[-1]).bfloat16()
        return torch.mm(g16, w16).float().view(ctx.shape), torch.mm(g16.t(), x16).float()


class AttentionBf16(torch.autograd.Function):
    """Causal attention, q [n, g T, d], k and v [n, T, d], with bfloat16 factors. Also gives back the
    attention weights at the places `at` (i, row, column), for the pointer losses."""

    @staticmethod
    def forward(ctx, q, k, v, at):
        q, k, v = q.bfloat16(), k.bfloat16(), v.bfloat16()
        p = torch.bmm(q, k.transpose(1, 2))
        rows, T = p.shape[0] * p.shape[1], p.shape[2]
        ctx.scale = q.shape[-1] ** -0.5
        _LIB[torch.float32].causal_softmax_fwd(ctypes.c_void_p(p.data_ptr()), ctypes.c_long(rows), ctypes.c_long(T),
                                               ctypes.c_float(ctx.scale))
        ctx.save_for_backward(q, k, v, p, at)
        return torch.bmm(p, v).float(), p[at[0], at[1], at[2]].float()

    @staticmethod
    def backward(ctx, go, gp_at):
        q, k, v, p, at = ctx.saved_tensors
        go = go.bfloat16()
        g = torch.bmm(go, v.transpose(1, 2))
        g.index_put_((at[0], at[1], at[2]), gp_at.bfloat16(), accumulate=True)
        gv = torch.bmm(p.transpose(1, 2), go).float()
        rows, T = p.shape[0] * p.shape[1], p.shape[2]
        _LIB[torch.float32].causal_softmax_bwd(ctypes.c_void_p(p.data_ptr()), ctypes.c_void_p(g.data_ptr()),
                                               ctypes.c_long(rows), ctypes.c_long(T), ctypes.c_float(ctx.scale))
        return torch.bmm(g, k).float(), torch.bmm(g.transpose(1, 2), q).float(), gv, None


BF16 = False  # set by the trainer; products take bfloat16 factors, sums and weights stay float32


def linear(x, w):
    if BF16 and x.dtype == torch.float32 and x.shape[-1] >= 64 and w.shape[0] >= 32:
        return _LinearBf16.apply(x, w)
    return torch.nn.functional.linear(x, w)


def rms_norm(x, w, eps):
    return torch.nn.functional.rms_norm(x, w.shape, w, eps) if x.is_cuda else RmsNorm.apply(x, w, eps)


def swiglu(gv):
    if gv.is_cuda:
        gate, value = gv.chunk(2, -1)
        return torch.nn.functional.silu(gate) * value
    return SwiGlu.apply(gv)


def adamw(p, g, m, v, decay, lr, b1, b2, eps, scale, step):
    """In place; g is spoilt."""
    if p.is_cuda:
        g.mul_(scale)
        m.lerp_(g, 1 - b1)
        v.mul_(b2).addcmul_(g, g, value=1 - b2)
        p.addcmul_(p, decay, value=-lr)
        p.addcdiv_(m, (v / (1 - b2 ** step)).sqrt_().add_(eps), value=-lr / (1 - b1 ** step))
        return
    _call("adamw", p.dtype, p, g, m, v, decay, p.numel(), lr, b1, b2, eps, float(scale), 1 - b1 ** step, 1 - b2 ** step)
