"""The policy that the server sends with a page: its own scripts run, no others, and the book needs no more."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from tests.browser.conftest import Noise
from tests.browser.live_reader import Reader

SUM, LAST = 0, 11
LISTEN = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) => refused.push([event.violatedDirective, event.blockedURI]));
"""


def test_a_page_runs_whole_without_asking_for_more_than_its_policy_gives(reader: Reader, noise: Noise) -> None:
    noise.expected = True  # the sanitiser has handlers refused aloud, see below
    reader.page.add_init_script(LISTEN)
    reader.page.reload()
    reader.button("Run this page").click()
    reader.finished(LAST)
    reader.page.locator("button.theme-switch-button:visible").first.click()
    html = "<b onclick='x()'>bold</b><style>b{color:red}</style><svg><rect onload='x()' width=9 height=9 /></svg>"
    reader.run(
        SUM, f'from IPython.display import HTML, Markdown, display\ndisplay(HTML("""{html}"""), Markdown("$x$"))'
    )
    expect(reader.fresh(SUM).locator("b")).to_have_text("bold")
    expect(reader.fresh(SUM).locator("mjx-container")).to_have_count(1)
    # The sanitiser's own document, which nobody sees, refuses handlers aloud before they are taken out.
    assert [one for one in reader.page.evaluate("refused") if one[0] != "script-src-attr"] == []


def test_a_script_that_somebody_puts_into_the_page_does_not_run(reader: Reader, noise: Noise) -> None:
    noise.expected = True  # that is what the browser says
    reader.page.add_init_script(LISTEN)
    reader.page.reload()
    reader.page.evaluate("""() => {
      const script = document.createElement("script");
      script.textContent = "window.acted = 1";
      document.body.append(script);
      document.body.insertAdjacentHTML("beforeend", "<p id=bait onclick='window.acted = 2'>p</p>");
      document.getElementById("bait").click();
    }""")
    assert reader.page.evaluate("window.acted") is None
    assert {one[0] for one in reader.page.evaluate("refused")} >= {"script-src-elem", "script-src-attr"}


def test_once_outputs_can_come_no_text_becomes_html_or_script_unseen(reader: Reader, noise: Noise) -> None:
    noise.expected = True  # that is what the browser says
    reader.wake()
    acted = reader.page.evaluate("""async () => {
      const tried = {};
      const attempt = (name, act) => {
        try { tried[name] = act() ?? "done"; } catch (error) { tried[name] = error.name; }
      };
      const box = document.body.appendChild(document.createElement("div"));
      box.innerHTML = "<b title='kept'>bold</b><img src='data:,' onerror='window.acted = 1'>"
        + "<script>window.acted = 2</scr" + "ipt>";
      tried.html = box.innerHTML;
      const frame = box.appendChild(document.createElement("iframe"));
      attempt("frame", () => { frame.srcdoc = "<script>parent.acted = 3</scr" + "ipt>"; });
      const script = document.createElement("script");
      attempt("address", () => { script.src = "https://example.org/x.js"; });
      attempt("text", () => { script.text = "window.acted = 4"; });
      attempt("eval", () => setTimeout("window.acted = 5"));
      attempt("policy", () => trustedTypes.createPolicy("mine", {createHTML: (text) => text}));
      attempt("own", () => { script.src = new URL("../_static/live.js", location.href).href; });
      // By the time that a picture has failed to load, what it was to do then would have been done.
      await new Promise((done) => Object.assign(box.appendChild(new Image()), { onerror: done, src: "data:," }));
      return {...tried, acted: window.acted ?? "nothing"};
    }""")
    assert '<b title="kept">bold</b>' in acted["html"]
    assert "onerror" not in acted["html"]
    assert {name: acted[name] for name in ("address", "text", "eval", "policy", "own", "acted")} == {
        "address": "TypeError",
        "text": "TypeError",
        "eval": "TypeError",
        "policy": "TypeError",
        "own": "done",
        "acted": "nothing",
    }


def test_the_policy_of_a_page_names_hashes_and_nothing_inline(reader: Reader) -> None:
    policy = reader.client().get("/site/book/cells.html").headers["Content-Security-Policy"]
    scripts = re.search(r"script-src ([^;]*)", policy)[1]
    assert "unsafe" not in scripts
    assert "'sha256-" in scripts
