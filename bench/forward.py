"""The peer of `appliance bench forward` and `bench decode`: the same architectures in plain PyTorch, random weights."""
import math
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(2)
torch.manual_seed(0)
HIDDEN, HEADS, LAYERS, INNER = 768, 12, 12, 3072


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(HIDDEN, HIDDEN) for _ in range(4))
        self.n1, self.n2 = nn.LayerNorm(HIDDEN, 1e-12), nn.LayerNorm(HIDDEN, 1e-12)
        self.f1, self.f2 = nn.Linear(HIDDEN, INNER), nn.Linear(INNER, HIDDEN)

    def forward(self, x, mask):
        b, t, h = x.shape
        heads = lambda y: y.view(b, t, HEADS, h // HEADS).permute(0, 2, 1, 3)
        q, k, v = heads(self.q(x)), heads(self.k(x)), heads(self.v(x))
        w = (q @ k.transpose(-1, -2) / math.sqrt(h // HEADS) + mask).softmax(-1)
        c = (w @ v).permute(0, 2, 1, 3).contiguous().view(b, t, h)
        x = self.n1(self.o(c) + x)
        return self.n2(self.f2(F.gelu(self.f1(x))) + x)


class Bert(nn.Module):
    def __init__(self):
        super().__init__()
        self.words, self.places, self.kinds = nn.Embedding(30522, HIDDEN), nn.Embedding(512, HIDDEN), nn.Embedding(2, HIDDEN)
        self.norm, self.layers = nn.LayerNorm(HIDDEN, 1e-12), nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, ids):
        x = self.norm(self.words(ids) + self.places(torch.arange(ids.shape[1])) + self.kinds(torch.zeros_like(ids)))
        mask = (1 - torch.ones(ids.shape))[:, None, None, :] * -1e9
        for layer in self.layers:
            x = layer(x, mask)
        return x


class LlamaLayer(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(HIDDEN, HIDDEN, bias=False) for _ in range(4))
        self.gate, self.up, self.down = nn.Linear(HIDDEN, inner, bias=False), nn.Linear(HIDDEN, inner, bias=False), nn.Linear(inner, HIDDEN, bias=False)
        self.n1, self.n2 = nn.Parameter(torch.ones(HIDDEN)), nn.Parameter(torch.ones(HIDDEN))

    @staticmethod
    def rms(x, w):
        return w * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))

    @staticmethod
    def turn(x, cos, sin):
        half = x.shape[-1] // 2
        return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin

    def forward(self, x, cos, sin, past):
        b, t, h = x.shape
        y = self.rms(x, self.n1)
        heads = lambda z: z.view(b, t, HEADS, h // HEADS).transpose(1, 2)
        q, k, v = self.turn(heads(self.q(y)), cos, sin), self.turn(heads(self.k(y)), cos, sin), heads(self.v(y))
        if past is not None:
            k, v = torch.cat((past[0], k), 2), torch.cat((past[1], v), 2)
        w = q @ k.transpose(2, 3) / math.sqrt(h // HEADS)
        if t > 1:
            w = w + torch.full((t, t), -1e9).triu(1)
        x = x + self.o((w.softmax(-1) @ v).transpose(1, 2).reshape(b, t, h))
        y = self.rms(x, self.n2)
        return x + self.down(F.silu(self.gate(y)) * self.up(y)), (k, v)


class Llama(nn.Module):
    def __init__(self, inner=2048, words=32000):
        super().__init__()
        self.words, self.layers = nn.Embedding(words, HIDDEN), nn.ModuleList(LlamaLayer(inner) for _ in range(LAYERS))
        self.norm, self.head = nn.Parameter(torch.ones(HIDDEN)), nn.Linear(HIDDEN, words, bias=False)

    def forward(self, ids, start, past):
        d = HIDDEN // HEADS
        angles = torch.arange(start, start + ids.shape[1]).float()[:, None] * (1 / 10000 ** (torch.arange(0, d, 2).float() / d))
        cos, sin = torch.cat((angles, angles), -1).cos(), torch.cat((angles, angles), -1).sin()
        x, kept = self.words(ids), []
        for k, layer in enumerate(self.layers):
            x, one = layer(x, cos, sin, past[k] if past else None)
            kept.append(one)
        return self.head(LlamaLayer.rms(x, self.norm)), kept


def median(values):
    return sorted(values)[len(values) // 2]


def forward(model, batch, length, runs=7):
    ids, times = torch.randint(0, 30522, (batch, length)), []
    for _ in range(runs + 2):
        start = time.perf_counter()
        model(ids)
        times.append((time.perf_counter() - start) * 1e3)
    return median(times[2:])


def decode(model, prompt=32, tokens=64):
    ids, past, start, times = torch.randint(0, 32000, (1, prompt)), None, 0, []
    for _ in range(tokens + 1):
        begun = time.perf_counter()
        logits, past = model(ids, start, past)
        start += ids.shape[1]
        ids = logits[:, -1].argmax(-1, keepdim=True)
        times.append((time.perf_counter() - begun) * 1e3)
    return sum(times[1:]) / len(times[1:])


def main():
    with torch.no_grad():
        bert = Bert().eval()
        print(f"PyTorch {torch.__version__} fp32, 8 x 128: {forward(bert, 8, 128):.0f} ms")
        print(f"PyTorch fp32, 1 x 128: {forward(bert, 1, 128, 15):.0f} ms")
        with torch.cpu.amp.autocast():
            print(f"PyTorch bf16 autocast, 8 x 128: {forward(bert, 8, 128):.0f} ms")
        del bert
        each = decode(Llama().eval())
        print(f"PyTorch fp32, greedy decoding, 110 M Llama: {each:.1f} ms a token, {1000 / each:.1f} tokens/s")


if __name__ == "__main__":
    main()
