"""Every kind of output: much of it, coloured, in pieces, or of a kind that this page cannot show."""

from __future__ import annotations

import base64
import io
import re
import wave
from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.browser.output_bench import ESC, OutputBench

WIDGET = "application/vnd.jupyter.widget-view+json"
PLOTLY = "application/vnd.plotly.v1+json"


# --- much text


def test_of_much_text_the_end_is_shown_and_all_can_be_saved(bench: OutputBench) -> None:
    bench.begin().print(*("".join(f"line {1000 * k + i}\n" for i in range(1000)) for k in range(50))).settle()
    stream = bench.body.locator(".live-stream")
    expect(stream.locator(".live-dropped")).to_contain_text("… 48001 earlier lines are left out.")
    assert stream.locator("pre > span").count() <= 2000
    expect(stream.locator("pre")).to_contain_text("line 49999")
    with bench.page.expect_download() as download:
        stream.get_by_role("button", name="Save all").click()
    lines = Path(download.value.path()).read_text().splitlines()
    assert (len(lines), lines[0], lines[-1]) == (50_000, "line 0", "line 49999")


def test_streams_that_take_turns_do_not_fill_the_page(bench: OutputBench) -> None:
    bench.begin().hear(*(("stream", {"name": ("stdout", "stderr")[k % 2], "text": f"{k}\n"}) for k in range(1400)))
    bench.settle()
    assert bench.body.locator(".live-stream").count() <= 501
    expect(bench.body).to_contain_text("1399")


# --- text in pieces


@pytest.mark.parametrize("cut", range(1, 9))
def test_a_colour_cut_in_two_between_messages_is_a_colour(bench: OutputBench, cut: int) -> None:
    text = f"{ESC}[1;31mred{ESC}[0m"
    bench.begin().print(text[:cut], text[cut:]).settle()
    pre = bench.body.locator(".live-stream pre")
    assert pre.inner_text() == "red"
    expect(pre.locator(".ansi-bold.ansi-fg-1").first).to_be_attached()


def test_a_stream_keeps_its_colour_over_another_streams_words(bench: OutputBench) -> None:
    bench.begin().print(f"{ESC}[32mgreen ").print("aside", stream="stderr").print("still").settle()
    expect(bench.body.locator(".live-stdout").last.locator(".ansi-fg-2")).to_have_text("still")
    expect(bench.body.locator(".live-stderr .ansi-fg-2")).to_have_count(0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{ESC}(Bplain", "plain"),
        (f"{ESC}[?25lhidden cursor{ESC}[?25h", "hidden cursor"),
        (f"{ESC}]0;a title\x07after", "after"),
        (f"{ESC}]8;;https://example.org{ESC}\\link{ESC}]8;;{ESC}\\", "link"),
        (f"{ESC}=keypad{ESC}>", "keypad"),
        ("one\rtwo", "two"),
        ("a long line\rshort", "shortg line"),
        (f"long line\r{ESC}[Kshort", "short"),
        (f"first\nsecond\n{ESC}[2A{ESC}[2Knew", "new\nsecond\n"),
        (f"abc{ESC}[2DX", "aXc"),
        (f"abc{ESC}[1GX", "Xbc"),
        ("typ\bo", "tyo"),
        (f"old{ESC}[2J{ESC}[Hnew", "new"),
        (f"one\ntwo\nthree{ESC}[2D{ESC}[1Jfour", "\n\n   four"),
        (f"one\ntwo{ESC}[1J{ESC}[A{ESC}[Gnew\n{ESC}[B{ESC}[1Jend", "\n\nend"),
    ],
)
def test_what_moves_the_cursor_leaves_what_a_terminal_would(bench: OutputBench, text: str, shown: str) -> None:
    bench.begin().print(text).settle()
    assert bench.body.locator(".live-stream pre").evaluate("pre => pre.textContent").rstrip() == shown.rstrip()


def contrast(one: list[float], other: list[float]) -> float:
    def luminance(rgb: list[float]) -> float:
        linear = [c / 12.92 if (c := v / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for v in rgb]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    "code", ["38;2;255;120;0", "38;2;0;0;0", "38;2;255;255;255", "38;5;196", "38;5;244", "38:2::9:9:200"]
)
def test_24_bit_and_256_colours_are_drawn_and_can_be_read(bench: OutputBench, code: str, theme: str) -> None:
    bench.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    bench.begin().print(f"{ESC}[{code}mtext").settle()
    span = bench.body.locator(".live-stream span span").first
    colour = span.evaluate("""node => {
      const canvas = new OffscreenCanvas(1, 1).getContext("2d");
      const paint = (value) => {
        canvas.fillStyle = value;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
      };
      let ground = node;
      const clear = (e) => /^rgba\\(.*, 0\\)$/.test(getComputedStyle(e).backgroundColor);
      while (ground && clear(ground)) ground = ground.parentElement;
      return [paint(getComputedStyle(node).color), paint(ground ? getComputedStyle(ground).backgroundColor : "white")];
    }""")
    assert contrast(*colour) >= 4
    if code == "38;2;255;120;0":
        red, green, blue = colour[0]
        assert red > green > blue, "still an orange"
    bench.page.evaluate("document.documentElement.dataset.theme = 'light'")


# --- kinds


def test_the_pagers_text_is_shown(bench: OutputBench) -> None:
    text = {"text/plain": f"{ESC}[31mSignature:{ESC}[39m conv2d(x, weight)"}
    bench.begin().hear(("display_data", {"data": text, "metadata": {"pager": True}}))
    expect(bench.body.locator(".live-page")).to_have_text("Signature: conv2d(x, weight)")


def test_markdown_is_rendered_with_its_formulas(bench: OutputBench) -> None:
    text = "# Title\n\n**bold** and `code`, $a_i b_i$\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n$$\\sum_i x_i$$"
    bench.begin().show({"text/markdown": text, "text/plain": "<IPython.core.display.Markdown object>"})
    expect(bench.body.locator("strong")).to_have_text("bold")
    expect(bench.body.locator("h1")).to_have_text("Title")
    expect(bench.body.locator("td").last).to_have_text("2")
    expect(bench.body.locator("mjx-container")).to_have_count(2)
    assert bench.body.locator("mjx-container").first.bounding_box()["height"] < 60
    assert "IPython.core" not in bench.body.inner_text()


def test_json_is_a_tree_that_folds(bench: OutputBench) -> None:
    bench.begin().show({"application/json": {"a": [1, {"b": {"deep": None}}], "text": "<b>"}, "text/plain": "{…}"})
    tree = bench.body.locator("details").first
    expect(tree).to_have_attribute("open", "")
    expect(bench.body).to_contain_text('"<b>"')
    expect(bench.body.get_by_text("null")).to_be_hidden()


@pytest.mark.parametrize(
    ("data", "said", "rest"),
    [
        (
            {WIDGET: {"model_id": "1"}, "text/plain": "IntSlider(value=3)"},
            "A widget was left out",
            "IntSlider(value=3)",
        ),
        ({"application/javascript": "alert(1)", "text/plain": "<Javascript object>"}, "A script was left out", None),
        ({PLOTLY: {}, "text/plain": "Figure()"}, f"An interactive drawing ({PLOTLY}) was left out", None),
        ({"text/html": "<script>animate()</script>", "text/plain": "<A at 0x7f>"}, "A script was left out", None),
        ({"text/html": "<iframe src='https://x.org'></iframe>", "text/plain": "<I at 0x7f>"}, "A frame was left", None),
        ({"text/html": "<img src='https://x.org/a.png'/>", "text/plain": "<I object>"}, "https://x.org/a.png", None),
    ],
)
def test_what_cannot_be_shown_leaves_one_sentence(bench: OutputBench, data: dict, said: str, rest: str | None) -> None:
    bench.begin().show(data).settle()
    expect(bench.body.locator(".live-left-out")).to_have_count(1)
    expect(bench.body.locator(".live-left-out")).to_contain_text(said)
    if rest:
        expect(bench.body).to_contain_text(rest)
    assert not re.search("object|0x7f", bench.body.inner_text())


def test_sound_from_a_data_address_plays(bench: OutputBench) -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 800)
    source = f"data:audio/wav;base64,{base64.b64encode(buffer.getvalue()).decode()}"
    bench.begin().show({"text/html": f"<audio controls><source src='{source}' type='audio/wav'></audio>"})
    audio = bench.body.locator("audio")
    length = """audio => new Promise((done) => {
      const look = () => audio.duration ? done(audio.duration) : setTimeout(look, 20);
      look();
    })"""
    assert audio.evaluate(length) == pytest.approx(0.1, abs=0.01)
    expect(bench.body.locator(".live-left-out")).to_have_count(0)


def test_a_picture_has_the_size_that_its_metadata_say(bench: OutputBench) -> None:
    dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    bench.begin().show({"image/png": dot}, {"image/png": {"width": 30, "height": 20}})
    expect(bench.body.locator("img")).to_have_attribute("alt", "picture 0")
    assert bench.body.locator("img").bounding_box()["width"] == 30


def test_a_picture_that_is_updated_keeps_its_text_alternative(bench: OutputBench) -> None:
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    shown = {"data": {"image/png": pixel}, "metadata": {}, "transient": {"display_id": "one"}}
    bench.begin().hear(*[("display_data", shown), *[("update_display_data", shown)] * 3])
    bench.show({"image/png": pixel}).settle()
    assert [image.get_attribute("alt") for image in bench.body.locator("img").all()] == ["picture 0", "picture 1"]


def test_a_formula_defines_and_names_nothing_for_others(bench: OutputBench) -> None:
    labelled = "\\begin{equation}\\label{eq:loss} L = x \\end{equation}"
    for _ in range(2):
        bench.begin().show({"text/latex": labelled}).show({"text/latex": r"$\def\sum{\text{WRONG}} x$"}).settle()
        bench.page.wait_for_function("bench.typeset()")
        assert "multiply" not in bench.body.inner_text()
    bench.begin().show({"text/latex": r"$\sum$"}).settle()
    bench.page.wait_for_function("bench.typeset()")
    assert "WRONG" not in bench.body.locator("mjx-container").evaluate("node => node.outerHTML")


@pytest.mark.parametrize("spelled", ["svg+xml", "SVG+xml", "s\nvg+xml"])
def test_a_drawing_at_a_data_address_is_left_out_with_a_sentence(bench: OutputBench, spelled: str) -> None:
    address = f"data:image/{spelled},%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"
    html = f'<img src="{address}"><p style="background: url(&quot;{address}&quot;)">text</p>'
    bench.begin().show({"text/html": html}).settle()
    expect(bench.body.locator(".live-left-out")).to_contain_text("A drawing at a data: address was left out")
    assert bench.body.locator("p", has_text="text").first.evaluate("node => node.style.background") == ""


@pytest.mark.parametrize("value", [5, None, {}, ["a", 1]])
@pytest.mark.parametrize("kind", ["text/html", "image/png", "image/svg+xml", "text/plain", "text/markdown"])
def test_an_output_that_is_no_text_leaves_a_sentence(bench: OutputBench, kind: str, value: object) -> None:
    bench.begin().show({kind: value}).print("goes on").settle()
    expect(bench.body.locator(".live-left-out")).to_have_text(
        f"An output of the kind {kind} was left out: it is no text."
    )
    expect(bench.body).to_contain_text("goes on")


def test_a_stream_of_any_name_stays_in_its_place(bench: OutputBench) -> None:
    bench.begin().print("COVER", stream="x position-fixed fixed-top vh-100 w-100 bg-danger").settle()
    assert bench.body.locator(".live-stream").get_attribute("class") == "live-stream live-stdout"


def test_formulas_of_two_outputs_at_once_define_nothing_for_each_other(bench: OutputBench) -> None:
    colour = r"$\definecolor{teal}{rgb}{1,0,0} x$"
    bench.begin().show({"text/latex": colour}).show({"text/latex": r"$\renewcommand{\circ}{PWN} \let\sum\int y$"})
    bench.show({"text/latex": r"$\color{teal}{\circ \sum}$"}).settle()
    bench.page.wait_for_function("bench.typeset()")
    look = "node => [node.textContent, ...[...node.querySelectorAll('[style]')].map((one) => one.style.color)]"
    drawn = bench.body.locator("mjx-container").last.evaluate(look)
    assert not {"rgb(255, 0, 0)", "red"} & {*drawn}
    assert "PWN" not in drawn[0]
    bench.begin().show({"text/latex": r"$\color{teal}{\circ \sum}$"}).settle()
    bench.page.wait_for_function("bench.typeset()")
    assert bench.body.locator("mjx-container").last.evaluate(look) == drawn


def test_a_drawing_takes_no_part_of_another(bench: OutputBench) -> None:
    def drawing(content: str) -> dict[str, str]:
        return {"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>{content}</svg>"}

    own = "<g id='a'><path d='M0 0h9v9z' fill='#ff0000'/></g><use href='#a'/><style>#a path { stroke: blue }</style>"
    bench.begin().show(drawing(own)).settle()
    first = bench.body.locator("svg g").get_attribute("id")
    look = "node => [node.getBoundingClientRect().width > 0, getComputedStyle(node).stroke, node.getAttribute('fill')]"
    assert bench.body.locator("svg path").evaluate(look) == [True, "rgb(0, 0, 255)", "#ff0000"]
    assert bench.body.locator("svg use").evaluate("node => node.getBoundingClientRect().width > 0")
    sheet = f"<style>rect {{ fill: url('#{first}') }}</style>"
    bench.show(drawing(f"<use href='#{first}'/><use xlink:href=' #{first}'/><rect clip-path='url(#{first})'/>{sheet}"))
    bench.settle()
    for use in bench.body.locator("svg").last.locator("use").all():
        assert use.evaluate("node => node.getBoundingClientRect().width") == 0
    references = "node => [...node.outerHTML.matchAll(/#([^\"'&)]+)/g)].map((match) => match[1])"
    taken = bench.body.locator("svg").last.evaluate(references)
    assert first not in taken
    assert len(taken) > 3


def test_names_in_disguise_are_no_names(bench: OutputBench) -> None:
    uses = [f"<use href='#%61{k + 1}'/>" * 10 for k in range(7)]
    parts = "".join(f"<g id='a{k}'>{part}</g>" for k, part in enumerate(uses))
    fills = "<rect fill='url(#%61)' style='fill: url(%22#%61%22)'/>"
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg'>{parts}<g id='a7'/><use href='#%610'/>{fills}</svg>"
    for kind in ("image/svg+xml", "text/html"):
        bench.begin().show({kind: drawing}).settle()
        root = "node => (node.shadowRoot ?? node)"
        boxes = bench.body.locator(".live-display > *").first
        assert "%61" not in boxes.evaluate(f"node => ({root})(node).innerHTML")


def test_a_legitimate_drawing_stays_whole(bench: OutputBench) -> None:
    gradient = "<linearGradient id='g'>" + "<stop stop-color='red'/>" * 9 + "</linearGradient>"
    hatch = "<pattern id='h' width='2' height='2'><path d='M0 0h1'/></pattern>"
    sheet = "<style>.b:nth-child(odd) { fill: url(#g) } .b:hover { fill: url(#h) } .c { fill: url(#h) }</style>"
    parts = "<rect class='b' width='9' height='9'/>" * 50 + "<g class='c'><circle r='1'/></g>" * 50
    parts += "<g fill='url(#g)'>" + "<circle r='1'/>" * 6000 + "</g>"
    text = f"<svg xmlns='http://www.w3.org/2000/svg'><defs>{gradient}{hatch}</defs>{sheet}{parts}</svg>"
    bench.begin().show({"image/svg+xml": text}).settle()
    expect(bench.body.locator("svg rect")).to_have_count(50)
    expect(bench.body.locator(".live-left-out")).to_have_count(0)
    assert "run" in bench.body.locator("svg rect").nth(4).evaluate("node => getComputedStyle(node).fill")


def test_what_a_drawing_had_to_lose_is_told(bench: OutputBench) -> None:
    label = "<foreignObject width='9' height='9'><div xmlns='http://www.w3.org/1999/xhtml'>label</div></foreignObject>"
    text = f"<svg xmlns='http://www.w3.org/2000/svg'>{label}<rect filter='url(#f)' width='9' height='9'/></svg>"
    for kind in ("image/svg+xml", "text/html"):
        bench.begin().show({kind: text}).settle()
        said = bench.body.locator(".live-left-out")
        expect(said.filter(has_text="inside of a drawing (foreignObject) was left out")).to_have_count(1)
        expect(said.filter(has_text="Filters (such as blur and shadow) were left out")).to_have_count(1)


def test_a_formula_takes_no_name_of_the_page(bench: OutputBench) -> None:
    bench.begin().show({"text/latex": r"$\cssId{MJX-CHTML-styles}{x} \cssId{mjx-eqn:1}{y}$"}).settle()
    bench.page.wait_for_function("bench.typeset()")
    expect(bench.body.locator("mjx-container")).to_have_count(1)
    expect(bench.body.locator("[id]")).to_have_count(0)


def test_names_that_every_object_has_are_no_kinds_of_outputs(bench: OutputBench) -> None:
    bench.begin().show({"text/html": "<constructor>x</constructor>"})
    bench.hear(("error", {"ename": "constructor", "evalue": "e", "traceback": ["constructor: e"]})).settle()
    expect(bench.body.locator(".live-left-out, details")).to_have_count(0)
    expect(bench.body.locator(".live-error")).to_have_text("constructor: e")


def test_a_picture_may_have_empty_metadata(bench: OutputBench) -> None:
    bench.begin().show({"image/png": "iVBORw0KGgo="}, {"image/png": None}).settle()
    expect(bench.body.locator("img")).to_have_count(1)


def test_a_formula_of_mathml_is_no_link(bench: OutputBench) -> None:
    bench.begin().show({"text/html": "<math href='#top'><mi href='https://example.org'>x</mi></math>"}).settle()
    expect(bench.body.locator("math")).to_have_text("x")
    expect(bench.body.locator("[href]")).to_have_count(0)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("stream", {"name": "stdout", "text": None}),
        ("stream", {}),
        ("stream", None),
        ("display_data", {"data": None, "metadata": {}}),
        ("display_data", {}),
        ("execute_result", {"data": ["text/plain"], "metadata": None}),
        ("update_display_data", {"transient": None}),
        ("error", None),
    ],
)
def test_an_output_that_no_library_would_send_spoils_nothing(bench: OutputBench, kind: str, content: object) -> None:
    errors: list[str] = []
    bench.page.on("pageerror", lambda error: errors.append(str(error)))
    bench.begin().print("before\n").hear((kind, content)).print("after").settle()
    expect(bench.body).to_contain_text("before")
    expect(bench.body).to_contain_text("after")
    assert errors == []


@pytest.mark.parametrize("traceback", [None, [], "", [None]])
def test_an_error_that_shows_no_traceback_has_its_name(bench: OutputBench, traceback: object) -> None:
    bench.begin().hear(("error", {"ename": "StopExecution", "evalue": "enough", "traceback": traceback})).settle()
    expect(bench.body.locator(".live-error")).to_have_text("StopExecution: enough")


def test_an_error_may_be_shown_as_one_text(bench: OutputBench) -> None:
    bench.begin().hear(("error", {"ename": "Custom", "evalue": "", "traceback": "in its own words"})).settle()
    expect(bench.body.locator(".live-error")).to_have_text("in its own words")


def test_a_display_may_be_named_by_any_value(bench: OutputBench) -> None:
    content = {"metadata": {}, "transient": {"display_id": ["layer", 1]}}
    bench.begin().hear(
        ("display_data", {"data": {"text/plain": "old"}, **content}),
        ("update_display_data", {"data": {"text/plain": "new"}, **content}),
    )
    expect(bench.body).to_have_text("new")


@pytest.mark.parametrize("style", ["touch-action: none", "overscroll-behavior: contain", "overscroll-behavior-y: none"])
def test_an_output_lets_a_finger_past(bench: OutputBench, style: str) -> None:
    sheet = f"<style>div {{ {style}; font-style: italic }}</style>"
    bench.begin().show({"text/html": f'<div style="{style}; color: red">big</div>{sheet}'}).settle()
    div = bench.body.get_by_text("big", exact=True)
    found = ["touchAction", "overscrollBehavior", "color", "fontStyle"]
    assert div.evaluate("(div, names) => names.map((name) => getComputedStyle(div)[name])", found) == [
        "auto",
        "auto",
        "rgb(255, 0, 0)",
        "italic",
    ]
