"""The peer of `appliance bench step`: a BERT-base-size classifier in plain PyTorch, AdamW on every weight."""
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

sys.path.insert(0, "bench")
from forward import Bert, HIDDEN, median

half = "bf16" in sys.argv[1:]
torch.manual_seed(0)
body, pooler, head = Bert(), nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, 2)
weights = [p for m in (body, pooler, head) for p in m.parameters()]
optimizer = torch.optim.AdamW(weights, lr=1e-4, weight_decay=0.01)
ids, labels, times = torch.randint(0, 30522, (8, 128)), torch.arange(8) % 2, []
for _ in range(7):
    start = time.perf_counter()
    optimizer.zero_grad()
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        hidden = F.dropout(body(ids), 0.1)
        loss = F.cross_entropy(head(torch.tanh(pooler(hidden[:, 0]))).float(), labels)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(weights, 1.0)
    optimizer.step()
    times.append((time.perf_counter() - start) * 1e3)
print(f"PyTorch {torch.__version__} {'bf16 autocast' if half else 'fp32'}, step 8 x 128: {median(times[2:]):.0f} ms")
