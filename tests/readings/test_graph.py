"""The graph is the page's reads; as text it survives any name, as a drawing nothing lies on anything."""

from __future__ import annotations

import html
import itertools
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

import attncli
from attncli.export.graph import dot, mermaid
from attncli.export.graph_svg import Drawing, arrange, levels, spread, svg
from attncli.page.attention import is_constant
from attncli.problem.sources import builtin_names
from attncli.readings.formulas import page_of
from attncli.readings.graph import Edge, Graph, Node, graph_of
from attncli.show.graph import screen
from attncli.show.terminal import text_of
from attncli.untrusted import sanitize
from tests.support.running import attncli as run

BUILTIN = builtin_names()
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    'a"b',
    "back\\slash\\N\\",
    'x"]; n0 -> n1 [label="',
    "end",
    "<b>&amp;</b><script>",
    "line\nbreak",
    "\x1b[31mred\u202e",
    "#quot; `code` $$x$$ %%{init}%% *b* _i_",
    "--> | {} [] ;",
    "∘·ᵀ é 語",
]


def drawn(name: str, *, backward: bool, **settings: object) -> Graph:
    problem = attncli.load(name) if not settings else attncli.Problem(**settings)
    return graph_of(problem, page_of(problem, backward=backward))


def problems() -> dict[str, dict[str, object]]:
    """Small problems of every form."""
    i2, x = [[1, 0], [0, 1]], [[1, 0], [0, 1], [1, 1]]
    plain = {"X": x, "Wq": i2, "Wk": i2, "Wv": i2}
    biased = {"bq": [1, 0], "bk": [1, 0], "bv": [1, 0]}
    return {
        "plain": plain,
        "no scale": {**plain, "scale": False},
        "biases": {**plain, **biased, "Wo": [[1, 0, 1], [0, 1, 1]], "bo": [1, 2, 3], "mask": True},
        "heads": {**plain, **biased, "heads": 2, "Wo": i2, "loss": "mse", "reduction": "mean"},
        "joined": {**plain, "heads": 2, "loss": "sum"},
        "given Q": {"X": x, "Wk": i2, "Wv": i2, "given": {"Q": x}, "loss": "ce"},
        "given QKV": {"given": {"Q": x, "K": x, "V": x}, "loss": "upstream"},
        "given A": {"X": x, "Wv": i2, "given": {"A": [[1, 0, 0], [0, 1, 0], [0, 0, 1]]}},
        "given O": {"given": {"O": x}},
    }


EVERY = [
    pytest.param(name, backward, settings, id=f"{name}{' backward' * backward}")
    for backward in (False, True)
    for name, settings in [*((name, {}) for name in BUILTIN), *problems().items()]
]


@pytest.mark.parametrize(("name", "backward", "settings"), EVERY)
def test_edges_are_what_the_page_reads(name: str, *, backward: bool, settings: dict[str, object]) -> None:
    problem = attncli.load(name) if not settings else attncli.Problem(**settings)
    page = page_of(problem, backward=backward)
    graph = graph_of(problem, page)
    expected = {
        (symbol, row.symbol, transposed)
        for row in page.rows
        for symbol, transposed in row.reads
        if symbol in page.row or not is_constant(symbol)
    }
    assert {(edge.source, edge.target, edge.transposed) for edge in graph.edges} == expected
    assert len(graph.edges) == len(expected)
    assert [node.symbol for node in graph.nodes if node.kind != "given"] == [row.symbol for row in page.rows]
    for node in graph.nodes:
        row = page.row.get(node.symbol)
        assert node.formula == (row.formula if row else node.symbol)
        assert node.kind == ("given" if row is None else "gradient" if row.backward else "forward")


def test_flows() -> None:
    flow = {
        (edge.source, edge.target): (edge.flow, edge.transposed)
        for edge in drawn("article", backward=True).edges
    }
    assert flow["K", "S"] == ("forward", True)
    assert flow["K", "dQ"] == ("reused", False)
    assert flow["dS", "dK"] == ("gradient", True)
    assert flow["X", "dWq"] == ("reused", True)
    assert flow["P", "L"] == ("forward", False)


def test_ends() -> None:
    assert drawn("article", backward=False).ends == ["O"]
    assert drawn("article", backward=True).ends == ["L", "dP", "dWq", "dWk", "dWv", "dX"]


def test_the_tree_of_the_article() -> None:
    assert run("graph", "article").out == (
        "O = A·V   n × d_v = 9 × 3\n"
        "├── A = softmax(Z)   n × n = 9 × 9\n"
        "│   └── Z = S/√d_k   n × n = 9 × 9\n"
        "│       └── S = Q·Kᵀ   n × n = 9 × 9\n"
        "│           ├── Q = X·Wq   n × d_k = 9 × 4\n"
        "│           │   ├── X   n × d_model = 9 × 5   given\n"
        "│           │   └── Wq   d_model × d_k = 5 × 4   given\n"
        "│           └── K = X·Wk   n × d_k = 9 × 4\n"
        "│               ├── X (above)\n"
        "│               └── Wk   d_model × d_k = 5 × 4   given\n"
        "└── V = X·Wv   n × d_v = 9 × 3\n"
        "    ├── X (above)\n"
        "    └── Wv   d_model × d_v = 5 × 3   given\n"
    )


@pytest.mark.parametrize(("name", "backward", "settings"), EVERY)
def test_a_tree_has_each_row_once_and_each_read_once(
    name: str, *, backward: bool, settings: dict[str, object]
) -> None:
    graph = drawn(name, backward=backward, **settings)
    text = text_of(screen(graph), width=100, ascii_only=False)
    lines = [line.lstrip("├└│─ ") for line in text.splitlines()]
    written = [line.split("   ")[0] for line in lines if line and not line.endswith(" (above)")]
    assert sorted(written) == sorted(node.formula for node in graph.nodes)
    assert len([line for line in lines if line]) == len(graph.ends) + len(graph.edges)


def test_a_tree_too_wide_leaves_the_letters_out() -> None:
    lines = run("graph", "multihead", "--backward", COLUMNS="60").out.splitlines()
    assert not any("h·d_k" in line for line in lines)
    assert max(map(len, lines)) <= 72  # what cannot be made narrower stays whole
    assert "L = −Σ[Y·ln P + (1−Y)·ln(1−P)]   one number" in lines


@pytest.mark.parametrize("style", ["tree", "mermaid", "dot", "svg"])
def test_ascii(style: str) -> None:
    outcome = run("graph", "masked", "--backward", "--format", style, "--ascii")
    assert outcome.out.isascii()
    assert "\\u" not in outcome.out
    assert "Q*" in outcome.out or "Q#42;" in outcome.out or "X*Wq" in outcome.out


def hostile() -> Graph:
    nodes = tuple(
        Node(name, name, kind, ("n",), (3,))
        for name, kind in zip(HOSTILE, itertools.cycle(["given", "forward", "gradient"]))
    )
    edges = tuple(
        Edge(a, b, flow)
        for (a, b), flow in zip(itertools.pairwise(HOSTILE), itertools.cycle(["forward", "reused"]))
    )
    return Graph('</title>"&', nodes, edges)


def dot_statements(text: str) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Read DOT by its own rules: a quoted string ends at the first quote with no backslash before it."""
    lines = text.splitlines()
    assert lines[0] == "digraph attention {"
    assert lines[-1] == "}"
    quoted = r'"((?:[^"\\]|\\.)*)"'
    nodes, edges = {}, []
    for line in lines[1:-1]:
        statement = line.strip()
        if statement.startswith("//") or statement == "rankdir=TB;":
            continue
        node = re.fullmatch(rf"(n\d+) \[label={quoted}, shape=[a-z]+(?:, style=dashed)?\];", statement)
        edge = re.fullmatch(
            rf"(n\d+) -> (n\d+)(?: \[((?:[a-z]+=(?:[a-z]+|{quoted})(?:, )?)+)\])?;", statement
        )
        assert node or edge, statement
        if node:
            nodes[node[1]] = node[2]
        elif edge:
            edges.append((edge[1], edge[2], edge[3] or ""))
    return nodes, edges


def test_dot_keeps_hostile_names_as_text() -> None:
    nodes, edges = dot_statements("".join(dot(hostile(), str)))
    shown = []
    for label in nodes.values():
        name, _, size = label.rpartition("\\n")
        assert size == "n = 3"
        shown.append(re.sub(r"\\(.)", r"\1", name))
    assert shown == [sanitize(name) for name in HOSTILE]
    assert [(int(a[1:]), int(b[1:])) for a, b, _ in edges] == list(itertools.pairwise(range(len(HOSTILE))))


MERMAID_NODE = re.compile(r'  (n\d+)(?:\(\["([^"]*)"\]\)|\["([^"]*)"\]|\[\["([^"]*)"\]\])')
MERMAID_EDGE = re.compile(r'  (n\d+) (-->|-\.->|-\.-o)(?:\|"([^"]*)"\|)? (n\d+)')


def mermaid_parts(text: str) -> tuple[dict[str, str], list[tuple[str, str, str, str]]]:
    lines = text.splitlines()
    assert lines[0] == "flowchart TB"
    assert lines[1].startswith("  %% ")
    nodes, edges = {}, []
    for line in lines[2:]:
        node, edge = MERMAID_NODE.fullmatch(line), MERMAID_EDGE.fullmatch(line)
        if node:
            nodes[node[1]] = node[2] or node[3] or node[4]
        elif edge:
            edges.append((edge[1], edge[4], edge[2], edge[3] or ""))
        else:
            assert re.fullmatch(r"  classDef gradient [a-z: \-\d]+|  class n[\dn,]+ gradient", line), line
    return nodes, edges


def test_mermaid_keeps_hostile_names_as_text() -> None:
    nodes, edges = mermaid_parts("".join(mermaid(hostile(), str)))
    shown = []
    for label in nodes.values():
        name, _, size = label.rpartition("<br/>")
        assert not set(name) & set('"<>`$%*{}|\\\n\x1b')
        shown.append(html.unescape(re.sub(r"#(\d+);", r"&#\1;", name)))
        assert size == "n = 3"
    assert shown == [sanitize(name) for name in HOSTILE]
    assert len(edges) == len(HOSTILE) - 1


@pytest.mark.parametrize(("name", "backward", "settings"), EVERY)
def test_mermaid_and_dot_have_every_node_and_edge(
    name: str, *, backward: bool, settings: dict[str, object]
) -> None:
    graph = drawn(name, backward=backward, **settings)
    place = {node.symbol: f"n{i}" for i, node in enumerate(graph.nodes)}
    arrows = {"forward": "-->", "gradient": "-.->", "reused": "-.-o"}
    styles = {"forward": "", "gradient": "style=dashed", "reused": "style=dotted"}
    labels, edges = mermaid_parts("".join(mermaid(graph, str)))
    assert list(labels) == list(place.values())
    assert [edge[:3] for edge in edges] == [
        (place[edge.source], place[edge.target], arrows[edge.flow]) for edge in graph.edges
    ]
    assert all(
        ("∂" in written[3]) == (edge.flow == "gradient")
        for edge, written in zip(graph.edges, edges, strict=True)
    )
    assert all(
        ("ᵀ" in written[3]) == edge.transposed for edge, written in zip(graph.edges, edges, strict=True)
    )
    nodes, links = dot_statements("".join(dot(graph, str)))
    assert nodes == {place[node.symbol]: rf"{node.formula}\n{node.sizes}" for node in graph.nodes}
    assert [link[:2] for link in links] == [edge[:2] for edge in edges]
    for edge, link in zip(graph.edges, links, strict=True):
        assert styles[edge.flow] in link[2]
        assert ("dashed" in link[2], "∂" in link[2]) == ((edge.flow == "gradient",) * 2)


def layout(graph: Graph) -> Drawing:
    return arrange(graph, {node.symbol: 7.3 * len(node.formula) + 90 for node in graph.nodes}, above=80)


def along(points: tuple[tuple[float, float], ...], *, smooth: bool) -> list[tuple[float, float]]:
    """Points close to each other on a drawn line."""
    found = []
    for (x, y), (to_x, to_y) in itertools.pairwise(points):
        middle = (y + to_y) / 2
        for step in range(101):
            t = step / 100
            if not smooth:
                found.append((x + t * (to_x - x), y + t * (to_y - y)))
                continue
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            found.append(((a + b) * x + (c + d) * to_x, a * y + (b + c) * middle + d * to_y))
    return found


@pytest.mark.parametrize(("name", "backward", "settings"), EVERY)
def test_no_box_lies_on_another_and_no_line_runs_through_one(
    name: str, *, backward: bool, settings: dict[str, object]
) -> None:
    graph = drawn(name, backward=backward, **settings)
    drawing = layout(graph)
    assert set(drawing.boxes) == {node.symbol for node in graph.nodes}
    for one, other in itertools.combinations(drawing.boxes.values(), 2):
        apart = one.x + one.width < other.x or other.x + other.width < one.x
        assert apart or one.bottom < other.y or other.bottom < one.y
    for box in drawing.boxes.values():
        assert box.x >= 0
        assert box.x + box.width <= drawing.width
        assert box.y >= 80
        assert box.bottom < drawing.height
    assert len(drawing.lines) == len(graph.edges)
    for line in drawing.lines:
        for x, y in along(line.points, smooth=line.smooth):
            assert 0 <= x <= drawing.width
            assert 0 <= y <= drawing.height
            for symbol, box in drawing.boxes.items():
                inside = box.x < x < box.x + box.width and box.y + 0.01 < y < box.bottom - 0.01
                assert not inside, f"{line.edge} runs through {symbol}"
        for symbol, (x, y) in ((line.edge.source, line.points[0]), (line.edge.target, line.points[-1])):
            box = drawing.boxes[symbol]
            assert box.x < x < box.x + box.width
            assert y in {box.y, box.bottom}


@pytest.mark.parametrize(("name", "backward", "settings"), EVERY)
def test_forward_goes_down_and_gradients_come_up(
    name: str, *, backward: bool, settings: dict[str, object]
) -> None:
    graph = drawn(name, backward=backward, **settings)
    level = levels(graph)
    for edge in graph.edges:
        if edge.flow == "forward":
            assert level[edge.source] < level[edge.target]
        elif edge.flow == "gradient":
            assert level[edge.source] > level[edge.target]
    assert min(level.values(), default=0) == 0


def test_a_gradient_stands_beside_what_it_is_the_gradient_of() -> None:
    level = levels(drawn("multihead", backward=True))
    for symbol in ("O", "C", "H", "A", "Z", "S", "Qh", "Kh", "Q", "K", "Wo", "Wq"):
        assert level[symbol] == level[f"d{symbol}"], symbol
    assert {level[f"dX_{path}"] for path in "QKV"} == {level["dX"] + 1}


@given(
    st.lists(st.floats(-500, 500), min_size=1, max_size=9),
    st.lists(st.floats(1, 50), min_size=8, max_size=8),
)
def test_spread_keeps_the_distance_and_moves_nothing_without_need(
    wanted: list[float], apart: list[float]
) -> None:
    apart = apart[: len(wanted) - 1]
    places = spread(wanted, apart)
    for (a, b), distance in zip(itertools.pairwise(places), apart, strict=True):
        assert b - a >= distance - 1e-9
    assert spread(places, apart) == pytest.approx(places)
    mirrored = spread([-place for place in reversed(wanted)], apart[::-1])
    assert [-place for place in reversed(mirrored)] == pytest.approx(places)


@pytest.mark.parametrize("name", BUILTIN)
def test_svg_stands_alone(name: str) -> None:
    outcome = run("graph", name, "--backward", "--format", "svg")
    root = ET.fromstring(outcome.out)  # noqa: S314 - our own drawing
    assert root.tag == f"{SVG}svg"
    assert "href" not in outcome.out
    graph = drawn(name, backward=True)
    groups = root.findall(f"{SVG}g")
    assert [group.get("class") for group in groups] == [node.kind for node in graph.nodes]
    for group, node in zip(groups, graph.nodes, strict=True):
        assert [text.text for text in group.findall(f"{SVG}text")] == [node.formula, node.sizes]
        width = float(group.find(f"{SVG}rect").get("width"))
        assert width > 7.2 * max(len(node.formula), len(node.sizes))
    paths = [path.get("class") for path in root.findall(f"{SVG}path")]
    assert paths == ["forward", "gradient", "reused", *(edge.flow for edge in graph.edges)]
    style = root.find(f"{SVG}style").text
    assert re.search(r"path\.gradient \{[^}]*stroke-dasharray: 6 3", style)
    assert re.search(r"path\.reused \{[^}]*stroke-dasharray: 1.5 2.5", style)
    marks = [text.text for text in root.findall(f"{SVG}text") if text.get("class") == "mark"]
    assert sum("∂" in mark for mark in marks) == sum(edge.flow == "gradient" for edge in graph.edges)
    assert sum("ᵀ" in mark for mark in marks) == sum(edge.transposed for edge in graph.edges)


def test_svg_keeps_hostile_names_as_text() -> None:
    given, forward = HOSTILE[:4], HOSTILE[4:]
    nodes = [
        *(Node(name, name, "given") for name in given),
        *(Node(name, name, "forward") for name in forward),
    ]
    edges = [Edge(a, b, "forward") for a, b in zip(given, forward, strict=False)]
    root = ET.fromstring("".join(svg(Graph("</title>\x00", tuple(nodes), tuple(edges)), str)))  # noqa: S314
    assert root.find(f"{SVG}title").text == "</title>\\x00: the computation graph"
    shown = [group.find(f"{SVG}text").text for group in root.findall(f"{SVG}g")]
    assert shown == [sanitize(name) for name in HOSTILE]


def test_an_empty_graph_can_be_drawn() -> None:
    empty = Graph("nothing", (), ())
    assert list(screen(empty)) == []
    ET.fromstring("".join(svg(empty, str)))  # noqa: S314
    assert mermaid_parts("".join(mermaid(empty, str))) == ({}, [])
    assert dot_statements("".join(dot(empty, str))) == ({}, [])


@pytest.mark.parametrize(
    ("file", "begins"),
    [("g.svg", "<svg "), ("g.dot", "digraph "), ("g.GV", "digraph "), ("g.mmd", "flowchart "), ("g", "O = ")],
)
def test_the_output_file_tells_the_format(tmp_path: Path, file: str, begins: str) -> None:
    outcome = run("graph", "article", "--output", str(tmp_path / file))
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    assert (tmp_path / file).read_text(encoding="utf-8").startswith(begins)
    assert [path.name for path in tmp_path.iterdir()] == [file]
    chosen = run("graph", "article", "--output", str(tmp_path / file), "--force", "--format", "dot")
    assert chosen.code == 0
    assert (tmp_path / file).read_text(encoding="utf-8").startswith("digraph ")


def test_a_file_takes_every_character_whatever_the_terminal_takes(tmp_path: Path) -> None:
    path = tmp_path / "tree.txt"
    assert run("graph", "article", "-o", str(path), PYTHONIOENCODING="ascii").code == 0
    assert "├── A = softmax(Z)" in path.read_text(encoding="utf-8")
    assert run("graph", "article", "-o", str(path), "--force", "--ascii").code == 0
    assert path.read_text(encoding="utf-8").isascii()


def test_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "mine.svg"
    path.write_text("mine", encoding="utf-8")
    for arguments in (["article"], ["article", "--force", "--format", "pdf"], ["nowhere.yaml", "--force"]):
        outcome = run("graph", *arguments, "--output", str(path))
        assert outcome.code == 2
        assert outcome.err.startswith("error: ") or ": error: " in outcome.err
        assert path.read_text(encoding="utf-8") == "mine"
    for bad in (tmp_path, tmp_path / "no" / "g.svg", path / "g.svg"):
        outcome = run("graph", "article", "--force", "--output", str(bad))
        assert outcome.code == 2
        assert "error: " in outcome.err
    assert [file.name for file in tmp_path.iterdir()] == ["mine.svg"]
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "png"], "--format is 'png'; expected tree, mermaid, dot or svg"),
        (["--loss", "mse"], "--loss has no effect on the forward pass"),
        (["--backward", "--loss", "mes"], "did you mean 'mse'"),
    ],
)
def test_wrong_options(arguments: list[str], words: str) -> None:
    outcome = run("graph", "article", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert words in outcome.err
