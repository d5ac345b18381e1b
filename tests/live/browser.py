"""Label Studio's own page in a real Chromium, worked with the mouse: what annotators do, and what their browser says."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from playwright.sync_api import Page, sync_playwright

from chromium import FLAGS, find_browser

TEXT = "[class*=richtext__container]"
HIGHLIGHT = f"{TEXT} [class*=htx-highlight]"
RELATION = "[class*=relations__item]"
WHERE = """([words, nth, selector]) => {
    const host = document.querySelector(selector);
    const walker = document.createTreeWalker(host, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    const pieces = []; let whole = '';
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.nodeName === 'BR') whole += '\\n';
        if (node.nodeType !== Node.TEXT_NODE) continue;
        pieces.push([node, whole.length]); whole += node.data;
    }
    let at = -1;
    for (let k = 0; k <= nth; k++) { at = whole.indexOf(words, at + 1); if (at < 0) return null; }
    const box = (offset) => {
        const [node, start] = pieces.findLast(([_, begin]) => begin <= offset);
        const range = document.createRange();
        range.setStart(node, offset - start);
        const pair = whole.codePointAt(offset) > 0xFFFF ? 2 : 1;
        range.setEnd(node, Math.min(node.length, offset - start + pair));
        const rect = [...range.getClientRects()].at(-1);
        return {left: rect.left, right: rect.right, middle: (rect.top + rect.bottom) / 2,
                rtl: /[\\u0590-\\u08ff]/.test(whole[offset])};
    };
    let last = at + words.length - 1;
    while (/[\\u0300-\\u036f\\udc00-\\udfff\\ufe0f]/.test(whole[last])) last--;
    host.scrollIntoView({block: 'nearest'});
    return {first: box(at), last: box(last)};
}"""


class Annotator:
    """One person at one browser window."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __enter__(self) -> Annotator:
        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        self._open_window()
        return self

    def _open_window(self) -> None:
        self.page: Page = self._browser.new_page(viewport={"width": 1600, "height": 1000})
        self.page.set_default_timeout(30_000)
        instructions = self.page.get_by_text("Labeling Instructions")  # they open over the page of whoever comes first
        self.page.add_locator_handler(instructions, lambda _: self.page.keyboard.press("Escape"))

    def colleague(self) -> Annotator:
        """Another person, not logged in, at a window of their own that shares nothing with this one."""
        other = Annotator(self.url)
        other._browser = self._browser
        other._open_window()
        return other

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._playwright.stop()

    def log_in(self, email: str, password: str) -> None:
        """Through the form."""
        self.page.goto(f"{self.url}/user/login/")
        self.page.fill("[name=email]", email)
        self.page.fill("[name=password]", password)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/user/login" not in url)

    def open_task(self, project: int, task: int) -> None:
        """Open a task and wait for its text."""
        self.page.goto(f"{self.url}/projects/{project}/data?task={task}")
        self.page.wait_for_selector(f"{TEXT} span", state="attached")
        self.page.wait_for_selector("button:has-text('Submit'), button:has-text('Update')")

    def draw(self, label: str, words: str, nth: int = 0) -> str:
        """Choose a label, drag over the nth occurrence of some words; returns what the browser has selected then."""
        self.page.locator(".lsf-label", has=self.page.locator(f"text='{label}'")).first.click()
        where = self._where(words, nth)
        first, last = where["first"], where["last"]
        begin, end = (
            (first["right"] - 1 if first["rtl"] else first["left"] + 1),
            (last["left"] + 1 if last["rtl"] else last["right"] - 1),
        )
        mouse = self.page.mouse
        mouse.move(begin, first["middle"])
        mouse.down()
        mouse.move((begin + end) / 2, (first["middle"] + last["middle"]) / 2, steps=3)
        mouse.move(end, last["middle"], steps=3)
        selected = str(self.page.evaluate("() => window.getSelection().toString()"))
        n_highlights = self.page.locator(HIGHLIGHT).count()
        mouse.up()
        self.page.wait_for_function(
            "([selector, n]) => document.querySelectorAll(selector).length > n", arg=[HIGHLIGHT, n_highlights]
        )
        self.page.keyboard.press("Escape")
        return selected

    def click(self, words: str, nth: int = 0) -> None:
        """Click in the middle of some words, which selects their region."""
        where = self._where(words, nth)
        x = (
            min(where["first"]["left"], where["last"]["left"]) + max(where["first"]["right"], where["last"]["right"])
        ) / 2
        self.page.mouse.click(x, where["first"]["middle"])

    def remove(self, words: str) -> None:
        """Select the region of some words and delete it."""
        n_highlights = self.page.locator(HIGHLIGHT).count()
        self.click(words)
        self.page.keyboard.press("Backspace")
        self.page.wait_for_function(
            "([selector, n]) => document.querySelectorAll(selector).length < n", arg=[HIGHLIGHT, n_highlights]
        )

    def stretch(self, words: str, to: str) -> None:
        """Select the region of some words and drag its left end to where ``to`` begins.

        The handles are <area> elements, which newer Chromiums do not display unless told to.
        """
        self.page.add_style_tag(content="area { display: inline !important }")
        self.click(words)
        box = self.page.locator(".__resize_left").first.bounding_box()
        assert box is not None
        begin = self._where(to, 0)["first"]
        mouse = self.page.mouse
        mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        mouse.down()
        mouse.move(begin["left"] + 8, begin["middle"], steps=4)
        mouse.move(begin["left"] + 1, begin["middle"], steps=3)
        mouse.up()
        self.page.wait_for_function(
            "([selector, words]) => [...document.querySelectorAll(selector)].some(e => e.innerText === words)",
            arg=[HIGHLIGHT, to],
        )
        self.page.keyboard.press("Escape")

    def relabel(self, words: str, label: str) -> None:
        """Select the region of some words and give it another label."""
        self.click(words)
        self.page.locator(".lsf-label", has=self.page.locator(f"text='{label}'")).first.click()
        self.page.keyboard.press("Escape")

    def choose(self, words: str, value: str, nth: int = 0) -> None:
        """Select the region of some words and tick a choice for it, or untick the one that it has."""
        self.click(words, nth)
        self.page.locator("[class*=choice]", has=self.page.locator(f"text='{value}'")).locator(
            "visible=true"
        ).last.click()
        self.page.keyboard.press("Escape")

    def chosen(self, words: str, nth: int = 0) -> list[str]:
        """Select the region of some words and see which choices it has."""
        self.click(words, nth)
        self.page.wait_for_selector("[class*=choices] input", state="attached")
        names = self.page.locator("[class*=choices] input:checked").evaluate_all("all => all.map(one => one.name)")
        self.page.keyboard.press("Escape")
        return [str(name) for name in names]

    def link(self, from_words: str, to_words: str, role: str, *, from_nth: int = 0) -> None:
        """Draw a relation from one region to another and name it."""
        self.click(from_words, from_nth)
        self.page.keyboard.press("Alt+r")
        self.click(to_words)
        self.page.keyboard.press("Escape")
        self.page.locator("text='Relations'").locator("visible=true").first.click()
        row = self.page.locator("[class*=relations__item]").last
        row.hover()
        row.locator("button[aria-label*=abel]").click()
        row.locator("text='Select labels'").click()
        self.page.get_by_role("option", name=role, exact=True).click()
        self.page.keyboard.press("Escape")

    def relations(self) -> list[tuple[str, str]]:
        """The labels of the two regions of each relation, as the panel lists them, in its order."""
        self.page.locator("text='Relations'").locator("visible=true").first.click()
        rows = [row.split("\n") for row in self.page.locator(RELATION).all_inner_texts()]
        return [(row[1], row[3]) for row in rows]  # each label follows the number of its region

    def drawn_roles(self, n: int) -> list[str]:
        """What stands at the arrows over the text, sorted, once there are ``n``: the page draws them after its regions."""
        there = "n => document.querySelectorAll('svg text').length === n"
        self.page.wait_for_function(there, arg=n)
        return sorted(self.page.locator("svg text").all_text_contents())

    def unlink(self, n: int) -> None:
        """Delete the nth relation of the panel."""
        n_before = len(self.relations())
        row = self.page.locator(RELATION).nth(n)
        row.hover()
        row.locator("button[aria-label='Delete Relation']").click()
        self.page.wait_for_function(
            "([selector, n]) => document.querySelectorAll(selector).length < n", arg=[RELATION, n_before]
        )

    def rename_relation(self, n: int, before: str, after: str) -> None:
        """Give the nth relation of the panel another role; the page lets a relation have several."""
        self.relations()
        row = self.page.locator(RELATION).nth(n)
        row.hover()
        row.locator("button[aria-label='Show Relation Labels']").click()
        row.get_by_test_id(f"select-trigger-{before}").click()
        for name in (after, before):
            self.page.get_by_role("option", name=name, exact=True).click()
        self.page.keyboard.press("Escape")

    def submit(self) -> None:
        """Press Submit, or Update, and wait for the server's answer."""
        button = self.page.locator("button:has-text('Submit'), button:has-text('Update')").first
        with self.page.expect_response(
            lambda r: "/annotations" in r.url and r.request.method in ("POST", "PATCH")
        ) as answer:
            button.click()
        assert answer.value.ok, answer.value.status

    def _where(self, words: str, nth: int) -> dict[str, Any]:
        where = self.page.evaluate(WHERE, [words, nth, TEXT])
        assert where is not None, f"{words!r} is not on the page"
        found: dict[str, Any] = where
        return found
