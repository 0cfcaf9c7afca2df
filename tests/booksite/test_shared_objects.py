"""Who changes an object under one name changes it under all: what the last cell shows needs the cell between."""

from __future__ import annotations

import pytest

from booksite.needed_cells import needed_cells

TORCH = "import torch\nfrom torch import nn, optim\n"
NET = f"{TORCH}net = nn.Linear(2, 1)\nx = torch.ones(3, 2)"
NETS = f"{TORCH}nets = [nn.Linear(2, 1) for _ in range(3)]\nx = torch.ones(3, 2)"


@pytest.mark.parametrize(
    ("first", "between", "last"),
    [
        # names inside of functions
        (NETS, "def reset(all):\n    for one in all:\n        one.bias.data.zero_()\nreset(nets)", "nets[0].bias"),
        (NET, "def tie(one):\n    w = one.weight.data\n    w[0, 0] = 1\ntie(net)", "net.weight"),
        (f"{NETS}\nd = dict(enumerate(nets))",
         "def cast(d):\n    for k, one in d.items():\n        one.double()\ncast(d)", "nets"),
        ("frames = [[1], [2]]", "def shift(all):\n    for one in all:\n        one += [0]\nshift(frames)", "frames"),
        (f"{TORCH}w, b = torch.ones(2), torch.ones(1)", "def sgd(all):\n    for p in all: p.sub_(1)\nsgd([w, b])", "w"),
        # what is handed back
        (NET, "def freeze(one):\n    one.requires_grad_(False)\n    return one\nsame = freeze(net)\nsame.eval()",
         "net"),
        ("a = [1, 2]", "def part(one):\n    return one[:]\nhalf = part(a)\nhalf[0] = 5", "a"),
        (NETS, "best = max(nets, key=id)\nbest.double()", "nets"),
        (NET, "deep = net.double()\ndeep.weight.data[0] = 1", "net.weight"),
        (NET, "kernel = net.weight.detach()[0]\nkernel[1] = 10", "net.weight"),
        (NETS, "weights = [one.weight for one in nets]\nweights[0].data.zero_()", "nets"),
        # loops
        (NETS, "losses = [one.zero_grad() for one in nets]", "nets"),
        (NETS, "from tqdm import tqdm\nfor one in tqdm(nets):\n    one.double()", "nets"),
        (NETS, "for one in sorted(nets, key=id):\n    one.double()", "nets"),
        ("small, large = [[1]], [2]", "for one in small + [large]:\n    one.append(3)", "large"),
        ("a = b = []", "b.append(1)", "a"),
        # optimizers
        (f"{TORCH}w = torch.ones(2, requires_grad=True)\nopt = optim.SGD([w], lr=1.0)", "opt.step()", "w"),
        (f"{NET}\nopt = optim.Adam(filter(id, net.parameters()))", "opt.step()", "net.weight"),
        (f"{NET}\nopt = optim.SGD([{{'params': net.parameters(), 'lr': 1}}])", "opt.step()", "net.weight"),
        (f"{NETS}\nopts = [optim.SGD(one.parameters()) for one in nets]", "for o in opts:\n    o.step()", "nets"),
        (f"{NET}\ndef made(one):\n    return optim.SGD(one.parameters())\nopt = made(net)", "opt.step()", "net.weight"),
        (f"{NET}\nopt = optim.SGD(net.parameters())\nplan = optim.lr_scheduler.StepLR(opt, 1)", "plan.step()", "opt"),
        # objects that keep what they are given
        (f"{NET}\nclass Run:\n    def __init__(self, one): self.one = one\n    def go(self): self.one.double()",
         "Run(net).go()", "net.weight"),
        (f"{NET}\nclass Two:\n    def __init__(self, one): self.one = one\nboth = Two(net)", "both.double()", "net"),
        (f"{NET}\nhead = nn.Linear(1, 1)\nnet.head = head", "net.double()", "head.weight"),
        (f"{NET}\nnamed = {{}}\nnamed['a'] = net", "named['a'].double()", "net"),
        # gradients
        (NET, "def loss_of(one, x):\n    return one(x).sum()\nloss = loss_of(net, x)\nloss.backward()",
         "net.weight.grad"),
        (NET, "def loss_of(one, x):\n    return one(x).sum()\nloss_of(net, x).backward()", "net.weight.grad"),
        # functions that were made
        (f"{NET}\ndef step_of(one):\n    def step():\n        one.double()\n    return step\nstep = step_of(net)",
         "step()", "net"),
        (f"{NET}\nfrom functools import partial\ndef cast(one, kind):\n    one.double()\nto = partial(cast, kind=1)",
         "to(net)", "net.weight"),
        (f"{NET}\nseen = {{}}\ndef keep(layer, given, out):\n    seen['out'] = out\nnet.register_forward_hook(keep)",
         "net(x)", "seen"),
        ("kinds = {}\ndef register(f):\n    kinds[f.__name__] = f\n    return f", "@register\ndef f(): ...", "kinds"),
        # figures
        ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()", "ax.set_title('a')", "fig"),
        ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nline, = ax.plot([1])",
         "line.set_ydata([2])", "fig"),
        # in place because one says so
        (f"{TORCH}import torch.nn.functional as F\ny = -torch.ones(2)", "F.relu(y, inplace=True)", "y"),
        (f"{NET}\nfrom torch.nn.utils import prune", "prune.l1_unstructured(net, 'weight', 1)", "net.weight"),
        # files
        ("name = 'notes.txt'", "with open('notes.txt', 'w') as f:\n    f.write('a')", "open(name).read()"),
        # random numbers
        (f"{TORCH}from torch.utils.data import DataLoader\nloader = DataLoader([1, 2], shuffle=True)",
         "for one in loader: print(one)", "torch.rand(1)"),
        (f"{NET}\nnet = nn.Sequential(net, nn.Dropout())", "net(x)", "torch.rand(1)"),
        (f"{NET}\ndef init(one):\n    nn.init.normal_(one.weight)", "net.apply(init)", "torch.rand(1)"),
        (f"{NETS}\nnets = [nn.BatchNorm1d(2)]", "for one in nets:\n    one(x)", "nets[0].running_mean"),
        (f"{NET}\nnorm = nn.BatchNorm1d(2)\ndef use(one, x):\n    return one(x)", "use(norm, x)", "norm.running_mean"),
    ],
)  # fmt: skip
def test_what_is_changed_under_another_name_is_needed(first: str, between: str, last: str) -> None:
    assert needed_cells([first, between, last])[-1] == [0, 1]


@pytest.mark.parametrize(
    ("first", "between", "last"),
    [
        (NET, "size = sum(p.numel() for p in net.parameters())", "net.weight"),
        (NET, "from cnnbook.training import accuracy\nscores = [accuracy(one, x, x) for one in [net]]", "net.weight"),
        (NET, "def count(one):\n    h = one.register_forward_hook(print)\n    one(x)\n    h.remove()\ncount(net)",
         "net.weight"),
        (NET, "h, w = net.weight.shape\nh += 1", "net.weight"),
        (NET, "def kept(one):\n    seen = []\n    seen.append(one)\n    return len(seen)\nkept(net)", "net.weight"),
        ("text = 'notes.txt'", "with open(text) as f:\n    print(f.read())", "text"),
    ],
)  # fmt: skip
def test_what_leaves_an_object_as_it_was_is_not_needed(first: str, between: str, last: str) -> None:
    assert needed_cells([first, between, last])[-1] == [0]


def test_functions_that_call_each_other_many_times_are_read_once() -> None:
    calls = "def f{k}(x):\n    a = f{j}(x)\n    b = f{j}(x)\n    return f{j}(a)\n"
    chain = "def f0(x):\n    return x\n" + "".join(calls.format(k=k, j=k - 1) for k in range(1, 40))
    assert needed_cells([chain, "x = [1]", "y = f39(x)\ny += [2]", "x"])[-1] == [0, 1, 2]
