"""Which earlier cells a cell needs, found in their text."""

from __future__ import annotations

import random
import subprocess
import sys

import numpy as np
import pytest
import torch

from booksite.changed_parameters import list_returning_methods, returning_methods
from booksite.hidden_state import TORCH
from booksite.needed_cells import cell_relations, needed_cells


@pytest.mark.parametrize(
    ("cells", "needed"),
    [
        # names that are bound, and bound again
        (["x = 1", "y = 2", "x + 1"], [0]),
        (["x = 1", "x = 2", "x"], [1]),
        (["x = 1", "x += 1", "x"], [0, 1]),
        (["x = 1", "y = x", "x = 3", "print(y)"], [0, 1]),
        (["x, *y = [1, 2]", "(z := 3)", "print(x, y, z)"], [0, 1]),
        (["with open('f') as f: pass", "for k in range(3): v = k", "print(f, k, v)"], [0, 1]),
        (["x = 1", "if x: y = 2", "y = 3", "if x: y = 4", "y"], [0, 2, 3]),
        (["y = 1", "if y:\n    x = 2\nelse:\n    x = 3", "x = 0", "if y:\n    x = 2\nelse:\n    x = 3", "x"], [0, 3]),
        (["x = 1", "try:\n    x = f()\nexcept ValueError as error:\n    y = 2", "x"], [0, 1]),
        (["x = 1", "del x", "x"], [0, 1]),
        (["x = [1, 2]", "del x[0]", "x"], [0, 1]),
        (["x = 1", "while False:\n    x = 2", "x"], [0, 1]),
        (["import contextlib\nx = 1", "with contextlib.suppress(ValueError):\n    x = f()", "x"], [0, 1]),
        (["match [1, 2]:\n    case [h, *rest]: pass", "rest"], [0]),
        (["match {}:\n    case {**rest}: pass", "rest"], [0]),
        (["match 1:\n    case int(x): pass", "x"], [0]),
        # a name that the cell binds itself before it reads it
        (["fig, ax = f()", "fig, ax = g(); ax.plot()"], []),
        (["total = 5", "total = 0\nfor k in range(3):\n    total += k\nprint(total)"], []),
        # scopes
        (["x = 1", "[x for x in range(3)]"], []),
        (["x = 1", "[x + y for y in range(3)]"], [0]),
        (["x = 1", "f = lambda x: x", "f(2)"], [1]),
        (["g = 2", "def f(a=g):\n    g = 3\n    return g", "f()"], [0, 1]),
        (["def f():\n    return later", "later = 1", "f()"], [0, 1]),
        (["def f():\n    return later", "later = 1", "h = f", "h()"], [0, 1, 2]),
        (["def inner():\n    return later", "def f():\n    return inner()", "later = 1", "f()"], [0, 1, 2]),
        (["base = int", "class C(base):\n    x = 1", "C()"], [0, 1]),
        (["history = []", "def f():\n    history.append(1)", "f()", "history"], [0, 1, 2]),
        (["count = 0", "def f():\n    global count\n    count += 1", "f()", "count"], [0, 1, 2]),
        # objects that are changed in between
        (["x = []", "x.append(1)", "len(x)"], [0, 1]),
        (["x = {}", "x['a'] = 1", "x"], [0, 1]),
        (["x = f()", "x.a.b = 1", "x"], [0, 1]),
        (["import torch\nx = torch.ones(2)", "x.mean()", "x"], [0]),
        (["import torch\nx = torch.ones(2)", "x.mul_(2)", "x"], [0, 1]),
        (["import torch\nx = torch.ones(2)", "torch.nn.init.zeros_(x)", "x"], [0, 1]),
        (["import torch\nx = torch.ones(2)", "y = torch.exp(x)", "x"], [0]),
        (["import torch\ng = torch.Generator()", "torch.rand(2, generator=g)", "torch.rand(2, generator=g)"], [0, 1]),
        (["opt = make()", "opt.step()", "opt"], [0, 1]),
        (["model = make()", "model.double()", "model"], [0, 1]),
        (["net = make()", "net.to('cpu')", "net"], [0, 1]),
        (["net = make()", "draw(net.float().segment)", "net"], [0, 1]),
        (["x = make()", "y = x.float().mean()", "x"], [0]),
        # names that share an object
        (["a = []", "b = a", "b.append(1)", "a"], [0, 1, 2]),
        (["a = []\nb = a\na = 1", "b.append(1)", "a"], [0]),
        (["x = make()", "row = x[0]", "row.mul_(2)", "x"], [0, 1, 2]),
        (["x = make()", "y = x.view(2, 2)", "y[0] = 1", "x"], [0, 1, 2]),
        (["x = make()", "y = x.clone()", "y[0] = 1", "x"], [0]),
        (["import torch", "x = make()", "y = torch.from_numpy(x)", "y.zero_()", "x"], [0, 1, 2, 3]),
        (["a, b = [], []\nboth = [a, b]", "both[0].append(1)", "a"], [0, 1]),
        (
            ["import torch\nnet = make()\nopt = torch.optim.SGD(net.parameters(), 0.1)", "opt.step()", "net(1)"],
            [0, 1],
        ),
        (["import torch\nw = torch.ones(2, requires_grad=True)", "loss = w.sum()\nloss.backward()", "w.grad"], [0, 1]),
        (["net = make()", "loss = net(1).sum()\nloss.backward()", "net"], [0, 1]),
        # functions of the page, by their own text
        (["from cnnbook.training import train\ndef fit(m):\n    train(m, 1, 1)", "m = f()", "fit(m)", "m"], [0, 1, 2]),
        (["from torch import nn\ndef init(m):\n    nn.init.zeros_(m.weight)", "m = f()", "init(m)", "m"], [0, 1, 2]),
        (["def bump(t):\n    t.add_(1)\ndef outer(t):\n    bump(t)", "t = f()", "outer(t)", "t"], [0, 1, 2]),
        (["def f(a, b):\n    a.append(b)", "x, y = [], []", "f(x, y)", "y"], [1]),
        (["def f(a, b):\n    a.append(b)", "x, y = [], []", "f(x, y)", "x"], [0, 1, 2]),
        (["def f(*, out):\n    out[0] = 1", "x = [0]", "f(out=x)", "x"], [0, 1, 2]),
        # the book's package, by its own text
        (["from cnnbook.training import train\nmodel, data = make()", "train(model, data, data)", "model"], [0, 1]),
        (["from cnnbook.models import CellClassifier\nm = CellClassifier(4, 3)", "m.eval()", "m(1)"], [0, 1]),
        (["from cnnbook import plotting\nax, photo = make()", "plotting.show_image(ax, photo)", "photo"], [0]),
        # what acts on all that comes after it
        (["import torch\ntorch.manual_seed(0)", "x = 1", "print('x')"], [0]),
        (["import random", "random.seed(0)", "1 + 1"], [0, 1]),
        (["import torch", "_ = torch.manual_seed(3)", "1 + 1"], [0, 1]),
        (["import torch", "g = torch.Generator().manual_seed(3)", "1 + 1"], []),
        (["import matplotlib.pyplot as plt", "plt.rcParams['a'] = 1", "1"], [0, 1]),
        (["from cnnbook import plotting\nplotting.use_style()", "1 + 1"], [0]),
        (["import matplotlib.pyplot as plt", "plt.rcParams.update(a=1)", "1"], [0, 1]),
        (["import matplotlib.pyplot as plt", "plt.plot([1])", "1"], []),
        (["from myst_nb import glue", "glue('a', 1)", "1"], []),
        (["import torch\ntorch.arange(3)", "1"], []),
        # what is used up by reading it
        (["it = iter([1, 2])", "next(it)", "next(it)"], [0, 1]),
        (["it = map(str, [1])", "list(it)", "list(it)"], [0, 1]),
        (["import numpy as np\nrng = np.random.default_rng(0)", "rng.multinomial(5, [1])", "rng.normal()"], [0, 1]),
        (["import torch\ng = torch.Generator().manual_seed(0)", "f(g)", "torch.rand(2, generator=g)"], [0, 1]),
        (["import torch\nx = torch.rand(2, generator=torch.Generator())", "f(x)", "print(x)"], [0]),
        # random numbers that all draw from
        (["import torch\ntorch.manual_seed(0)", "x = torch.rand(2)", "y = 1", "torch.rand(2)"], [0, 1]),
        (["import torch", "x = torch.rand(2)", "torch.manual_seed(0)\ny = torch.rand(2)", "print(y)"], [0, 2]),
        (["from torch import nn", "a = nn.Linear(1, 1)", "act = nn.ReLU()", "b = nn.Linear(1, 1)"], [0, 1]),
        (
            [
                "import torch\nfrom cnnbook.training import seeded",
                "with seeded(0):\n    x = torch.rand(1)",
                "print('hi')",
            ],
            [],
        ),
        (["import torch", "def draw():\n    return torch.randn(1)", "x = draw()", "y = draw()"], [0, 1, 2]),
        (["import torch", "with torch.random.fork_rng():\n    x = torch.rand(1)", "torch.rand(1)"], [0]),
        (["import torch", "def start(n):\n    torch.manual_seed(n)", "start(0)", "torch.rand(1)"], [0, 1, 2]),
        (["import random", "random.random()", "random.random()"], [0, 1]),
        (["import torch", "x = torch.zeros(1)", "x.normal_()", "torch.rand(1)"], [0, 1, 2]),
        # networks that keep what they see
        (["from torch import nn\nbn = nn.BatchNorm1d(2)", "y = bn(x)", "bn.running_mean"], [0, 1]),
        (
            [
                "from torch import nn",
                "class N(nn.Module):\n    def __init__(self):\n        self.n = nn.BatchNorm2d(1)",
                "net = N()",
                "net(x)",
                "net.n",
            ],
            [0, 1, 2, 3],
        ),
        (["from torch import nn\nnet = nn.Linear(2, 1)", "y = net(x)", "net.weight"], [0]),
        # functions and classes that name what comes later, or by another name
        (["def f():\n    return g()", "def g():\n    return K", "K = 3", "f()"], [0, 1, 2]),
        (["class A:\n    def go(self):\n        return g()", "a = A()", "def g():\n    return 1", "a.go()"], [0, 1, 2]),
        (["log = []\ndef note(x):\n    log.append(x)", "also = note", "also(3)", "print(log)"], [0, 1, 2]),
        (["class A: pass\na = A()", "A.go = lambda self: 5", "a.go()"], [0, 1]),
        # methods of the page's classes
        (["class T:\n    def fit(self, t):\n        t.add_(1)\nt, tr = [0], T()", "tr.fit(t)", "t"], [0, 1]),
        (["class B:\n    def index(self, x):\n        self.k = x\nb = B()", "b.index(3)", "b.k"], [0, 1]),
        (["class B:\n    def look(self, x):\n        return x\nb, x = B(), [1]", "b.look(x)", "x"], [0]),
        # parts, and what libraries change
        (["import torch\na = torch.ones(3)", "b = a[:2]\nb += 5", "print(a)"], [0, 1]),
        (["import numpy as np\na = np.zeros((2, 2))", "np.fill_diagonal(a, 3)", "a"], [0, 1]),
        (["import numpy as np\na = np.zeros(2)", "np.add.at(a, [0], 3)", "a"], [0, 1]),
        (["import random\norder = [1, 2]", "random.shuffle(order)", "order"], [0, 1]),
        (["import numpy as np\nrng, order = np.random.default_rng(0), [1, 2]", "rng.shuffle(order)", "order"], [0, 1]),
        (["import torch\nimg = torch.zeros(2, 2)", "for row in img:\n    row += 1", "img"], [0, 1]),
        (
            [
                "import torch\na, b = torch.zeros(2), torch.ones(2)",
                "for i, t in enumerate((a, b)):\n    t.fill_(i)",
                "a",
            ],
            [0, 1],
        ),
        (["import torch\na, b = torch.zeros(2), [1]", "for x, y in zip(a, b):\n    y.append(x)", "a"], [0]),
        (["import torch\na, b = torch.zeros(2), torch.ones(2)", "c, d = a, b\nc.fill_(2)", "a"], [0, 1]),
        (["import torch\na, b = torch.zeros(2), torch.ones(2)", "c, d = a, b\nc.fill_(2)", "b"], [0]),
        # gradients, and calls of what keeps something
        (
            [
                "from torch import nn\nnet, x = nn.Linear(1, 1), 1",
                "nn.functional.mse_loss(net(x), x).backward()",
                "net",
            ],
            [0, 1],
        ),
        (
            [
                "import torch\nw = torch.ones(1, requires_grad=True)",
                "torch.sum(w * 2).backward()\nx = 1",
                "print('hi')",
            ],
            [],
        ),
        (["class N:\n    def forward(self, x):\n        self.h = x\nnet = N()", "net(1)", "net.h"], [0, 1]),
        (["f = lambda x: x * k", "k = 3", "f(2)"], [0, 1]),
        # what only takes time, and names of modules that sound like settings
        (["import time", "time.sleep(1)\nx = 1", "2"], []),
        (["from cnnbook import filters", "filters.gaussian(1.5, 9)\nx = 1", "2"], []),
        # a timed cell is what stands in it
        (["x = 1", "y = 2", "%%time\nx = 7", "x"], [2]),
        # IPython's own syntax by the hundred, which it takes minutes to read
        (["x = 1", "!ls\n" * 20_000, "x"], [0, 1]),
        # files, modules, results shown earlier
        (["import torch", "torch.save(torch.ones(1), 'x.pt')", "torch.load('x.pt')"], [0, 1]),
        (["import sys", "sys.path.append('.')", "import mine"], [0, 1]),
        (["2 + 3", "x = 1", "_ + 1"], [0, 1]),
        (["for _ in range(3):\n    x = 1", "y = 2", "print(_)"], [0]),
        # what no text tells
        (["x = 1", "exec('y = 2')", "y"], [0, 1]),
        (["x = 1", "y = 2", "eval('x')"], [0, 1]),
        (["from math import *", "pi"], [0]),
        (["x = 1", "%time y = x", "y"], [0, 1]),
        (["x = 1", "y = !ls", "z = 1"], [0, 1]),
        (["x = 1", "%%bash\nls", "z = 1"], [0, 1]),
        # a cell that is meant not to parse
        (["x = 1", "x = = 2", "x"], [0]),
    ],
)
def test_the_last_cell_needs(cells: list[str], needed: list[int]) -> None:
    assert needed_cells(cells)[-1] == needed


def test_cells_that_bind_a_name_stand_in_each_others_way_and_imports_do_not() -> None:
    relations = cell_relations(["import torch\ntorch.manual_seed(0)", "x = []", "x.append(1)", "print(x)"])
    assert [cell["gives"] for cell in relations] == [["torch", TORCH, "*"], ["x"], ["x"], []]
    assert [cell["binds"] for cell in relations] == [[TORCH], ["x"], [], []]
    assert [[name for name in cell["reads"] if name != "print"] for cell in relations] == [[], [], ["x"], ["x"]]
    assert relations[3]["needs"] == [0, 1, 2]


def test_the_list_of_methods_that_only_return_something_is_the_libraries() -> None:
    """Python's own types are left out: what they have depends on its version."""
    libraries = {name for kind in (torch.Tensor, np.ndarray) for name in dir(kind) if not name.startswith("__")}
    assert libraries & returning_methods() == libraries & set(list_returning_methods())


def test_looking_at_cells_imports_no_torch() -> None:
    code = (
        "import sys; from booksite.needed_cells import needed_cells; needed_cells(['x = f()', 'x.mean()', 'x']); "
        "assert 'torch' not in sys.modules and 'numpy' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("seed", range(200))
def test_a_slice_gives_what_the_whole_page_gives(seed: int) -> None:
    """Random pages of simple statements: the needed cells and the last one compute what all of them compute."""
    rng = random.Random(seed)
    names = "abcd"

    def cell() -> str:
        x, y, z = (rng.choice(names) for _ in range(3))
        number = rng.randrange(9)
        return rng.choice([
            f"{x} = [{number}]",
            f"{x} = {y} + {z}",
            f"{x} = list({y})",
            f"{x}.append({number})",
            f"{x} += {y}[:2]",
            f"for {x} in [{y}[:1], {z}[:2]]:\n    pass",
            f"if len({x}) % 2:\n    {y} = {z}[:1]",
            f"def f():\n    return {x}[:1] + [{number}]",
            f"{x} = f()",
            f"def g(p, q):\n    p.append(len(q))\ng({x}, {y})",
            f"{x} = [v + {number} for v in {y}][:3]",
        ])  # fmt: skip

    cells = ["\n".join(f"{name} = [{k}]" for k, name in enumerate(names)), "def f():\n    return [7]"]
    cells += [cell() for _ in range(rng.randrange(2, 9))]
    cells.append(f"shown = list({rng.choice(names)}), f()")
    whole: dict[str, object] = {}
    part: dict[str, object] = {}
    for source in cells:
        exec(source, whole)
    for index in [*needed_cells(cells)[-1], len(cells) - 1]:
        exec(cells[index], part)
    assert part["shown"] == whole["shown"], cells


def test_a_cell_too_long_to_be_judged_needs_all_above_and_may_give_anything() -> None:
    chain = "v0 = 0\n" + "\n".join(f"v{i} = v{i - 1}" for i in range(1, 12_000))
    relations = cell_relations(["a = 1", "b = 2", chain, "print(b)"])
    assert relations[2]["needs"] == [0, 1]
    assert relations[3]["needs"] == [0, 1, 2]
