#!/usr/bin/env python3
"""The peer: the same encoder, data, batch size and optimizer in plain PyTorch, as one would write it.

usage: reference.py TOKENS.json MODEL.safetensors [EPOCHS] [full|lora]   (needs Debian's python3-torch)
"""
import json, random, struct, sys, time
import torch
import torch.nn.functional as F

torch.set_num_threads(2)
torch.manual_seed(1)
random.seed(1)


def load(path):
    with open(path, "rb") as f:
        n = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(n))
        body = bytearray(f.read())
    out = {}
    for name, t in header.items():
        if name != "__metadata__":
            b, e = t["data_offsets"]
            out[name] = torch.frombuffer(body, dtype=torch.float32, offset=b, count=(e - b) // 4).reshape(t["shape"]).clone()
    return out


class Encoder(torch.nn.Module):
    def __init__(self, w):
        super().__init__()
        self.scales = w.pop("timing.inv_timescales")
        self.w = torch.nn.ParameterDict({k.replace(".", "_"): torch.nn.Parameter(v) for k, v in w.items()})
        self.head = torch.nn.Linear(512, 2)

    def lin(self, x, name):
        return F.linear(x, self.w[name + "_weight"], self.w[name + "_bias"])

    def ln(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w[name + "_weight"], self.w[name + "_bias"], 1e-6)

    def forward(self, ids, mask):
        b, t = ids.shape
        angle = torch.arange(t).float()[:, None] * self.scales[None]
        x = 2 * F.embedding(ids, self.w["embeddings_weight"]) + torch.cat([angle.sin(), angle.cos()], 1)
        bias = (1 - mask)[:, None, None] * -1e9
        for k, (d, out) in enumerate(((256, 512), (512, 512))):
            p = f"layer_{k}_"
            q, key, v = self.lin(self.ln(x, p + "attn_ln"), p + "qkv").view(b, t, 3, 4, d // 4).permute(2, 0, 3, 1, 4)
            a = torch.softmax(q @ key.transpose(-1, -2) * (d // 4) ** -0.5 + bias, -1)
            ctx = (a @ v).transpose(1, 2).reshape(b, t, d)
            x = (self.lin(x, p + "residual_proj") if k == 0 else x) + self.lin(ctx, p + "attn_out")
            x = x + self.lin(torch.relu(self.lin(self.ln(x, p + "ffn_ln"), p + "fc1")), p + "fc2")
        pooled = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return self.head(torch.tanh(self.lin(pooled, "pooler")))


def batch(rows):
    t = max(len(r["ids"]) for r in rows)
    ids = torch.zeros(len(rows), t, dtype=torch.long)
    mask = torch.zeros(len(rows), t)
    for k, r in enumerate(rows):
        ids[k, : len(r["ids"])] = torch.tensor(r["ids"])
        mask[k, : len(r["ids"])] = 1
    return ids, mask, torch.tensor([r["label"] for r in rows])


data = json.load(open(sys.argv[1]))
epochs = int(sys.argv[3]) if len(sys.argv) > 3 else 2
model = Encoder(load(sys.argv[2]))
opt = torch.optim.AdamW(model.parameters(), lr=3e-4, weight_decay=0.01)
start, seen = time.time(), 0
for _ in range(epochs):
    random.shuffle(data["train"])
    model.train()
    for k in range(0, len(data["train"]), 32):
        ids, mask, y = batch(data["train"][k : k + 32])
        opt.zero_grad()
        F.cross_entropy(model(ids, mask), y).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        opt.step()
        seen += len(y)
    # As every training loop does, and as ours is timed: an evaluation after each epoch counts.
    model.eval()
    with torch.no_grad():
        for k in range(0, len(data["validation"]), 64):
            model(*batch(data["validation"][k : k + 64])[:2])
speed = seen / (time.time() - start)
model.eval()
with torch.no_grad():
    right = sum((model(*batch(data["test"][k : k + 64])[:2]).argmax(1) == batch(data["test"][k : k + 64])[2]).sum().item()
                for k in range(0, len(data["test"]), 64))
print(f"PyTorch {torch.__version__}, plain fp32, 2 threads: {speed:.0f} examples/s, accuracy {right / len(data['test']):.4f} after {epochs} epochs")
