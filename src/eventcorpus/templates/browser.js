(() => {
  const AT_ONCE = 40;
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("items").textContent);
  const [bar, kind, label, order, words, pair, found, tally, list, more, whole] = [
    "filter", "kind", "label", "order", "words", "pair", "found", "tally", "list", "more", "whole",
  ].map($);
  const NOTHING = data.labels.length;
  const items = data.items.map(([article, kindOf, window, positions, cells, note, weight], n) => {
    const spans = positions.map((of, side) => of.map((i) => data.mentions[article][side][i]));
    return { n: n + 1, article, kind: kindOf, window, positions, cells, note, weight, spans, labels: new Set(spans.flat().map((m) => m[2])) };
  });
  const groupOf = (item) => data.kinds[item.kind][2];
  let [fitting, limit, current, cell] = [[], AT_ONCE, null, null];

  // --- drawing: with element, plain and short of marks.js, so that text never becomes markup
  const paint = (text, [from, to], marks) => {
    const inside = marks.filter((m) => m.start < to && from < m.end).sort((a, b) => a.start - b.start);
    const borders = [...new Set([from, to, ...inside.flatMap((m) => [Math.max(m.start, from), Math.min(m.end, to)])])];
    borders.sort((a, b) => a - b);
    const pieces = document.createDocumentFragment();
    let [over, next] = [[], 0];
    for (let i = 0; i + 1 < borders.length; i++) {
      const [start, end] = [borders[i], borders[i + 1]];
      over = over.filter((m) => m.end > start);
      while (next < inside.length && inside[next].start <= start) over.push(inside[next++]);
      const piece = plain(text.slice(start, end));
      if (!over.length) {
        pieces.append(...piece);
        continue;
      }
      const top = over.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a)); // the shortest is drawn on top
      const mark = element("mark", top.className, ...piece);
      mark.style.setProperty("--c", data.colours[top.label]);
      mark.title = over.map((m) => `${data.labels[m.label]} ${m.title}`.trim()).join("\n");
      if (top.item) mark.dataset.item = top.item;
      links?.prepare(mark, over);
      for (const m of over) if (m.end === end) mark.append(element("small", "", data.labels[m.label]));
      pieces.append(mark);
    }
    return pieces;
  };
  const quoted = (text) => element("bdi", "", ...plain(short(text)));
  const chip = (of) => {
    const one = element("span", "chip", data.labels[of]);
    one.style.setProperty("--c", data.colours[of]);
    return one;
  };
  const said = (item, side) => {
    const text = data.articles[item.article][2];
    if (!item.spans[side].length) return [element("span", "soft", "nothing")];
    return item.spans[side].flatMap(([start, end, of], i) => [i ? ", " : "", chip(of), " “", quoted(text.slice(start, end)), "”"]);
  };
  const side = (item, number) => {
    const at = new Set(item.positions[number]);
    const marks = data.mentions[item.article][number].map(([start, end, of, hint], i) => (
      { start, end, label: of, title: hint, className: at.has(i) ? "issue" : "context", article: item.article, side: number, position: i }
    ));
    const text = element("p", "article", paint(data.articles[item.article][2], item.window, marks));
    text.dir = "auto";
    const head = element("h3", "", `${data.sides[number]}: `);
    const hints = item.spans[number].map((m) => m[3]).filter(Boolean).join(" · ");
    head.append(element("b", "", ...said(item, number)), hints ? element("span", "hint", ` ${hints}`) : "");
    return element("div", "", head, text);
  };
  const draw = (item) => {
    const [, title] = data.articles[item.article];
    const number = element("a", "number", `#${item.n}`);
    number.href = `#error-${item.n}`;
    const open = element("button", "open", "open article");
    open.addEventListener("click", () => openArticle(item));
    const head = element("header", "", element("span", `kind ${groupOf(item)}`, data.kinds[item.kind][1]), number);
    if (item.note) head.append(element("span", "soft", item.note));
    const where = element("bdi", "soft where", title);
    where.title = data.articles[item.article][0];
    head.append(where, open);
    const one = element("article", "item", head, element("div", "pair", ...data.sides.map((_, i) => side(item, i))));
    one.id = `error-${item.n}`;
    one.tabIndex = -1;
    if (item === current) one.classList.add("current");
    links?.card(one, item);
    return one;
  };

  const links = data.links && linking({ data, items, element, quoted, chip, filter: bar });

  // --- filtering
  const lowered = [];
  const textOf = (item) => {
    lowered[item.n] ??= `${data.articles[item.article].slice(0, 2).join(" ")} ${data.articles[item.article][2].slice(...item.window)}`.toLowerCase();
    return lowered[item.n];
  };
  const show = () => {
    list.replaceChildren(...fitting.slice(0, limit).map(draw));
    more.hidden = fitting.length <= limit;
    more.textContent = `show ${Math.min(AT_ONCE, fitting.length - limit)} more of ${(fitting.length - limit).toLocaleString("en")}`;
  };
  const filter = () => {
    const [what, which] = kind.value.split(":");
    const wanted = words.value.trim().toLowerCase();
    const of = label.value === "" ? null : Number(label.value);
    fitting = items.filter(
      (item) =>
        (what !== "group" || groupOf(item) === which) &&
        (what !== "kind" || data.kinds[item.kind][0] === which) &&
        (of === null || item.labels.has(of)) &&
        (!cell || item.cells.some(([row, column]) => row === cell[0] && column === cell[1])) &&
        (!links || links.fits(item)) &&
        (!wanted || textOf(item).includes(wanted)),
    );
    if (order.value) fitting.sort((a, b) => b.weight - a.weight || a.n - b.n);
    limit = AT_ONCE;
    const counts = data.kinds.map(() => 0);
    for (const item of fitting) counts[item.kind]++;
    found.textContent = `${fitting.length.toLocaleString("en")} of ${items.length.toLocaleString("en")}`;
    tally.textContent = data.kinds
      .map(([, name], i) => [counts[i], name])
      .filter(([n]) => n)
      .map(([n, name]) => `${name} ${n.toLocaleString("en")}`)
      .join(" · ");
    links?.count(fitting);
    pair.hidden = !cell;
    if (cell) {
      const [row, column] = cell.map((i) => data.labels[i] ?? "nothing");
      pair.textContent = `${data.sides[0]} ${row}, ${data.sides[1]} ${column} ✕`;
    }
    show();
  };
  const remember = () => {
    const values = new URLSearchParams();
    if (kind.value !== usual) values.set("kind", kind.value);
    if (label.value !== "") values.set("label", data.labels[label.value]);
    if (words.value.trim()) values.set("words", words.value.trim());
    if (order.value) values.set("order", order.value);
    if (links?.select.value) values.set("linked", links.select.value);
    if (cell) ["gold", "predicted"].forEach((name, i) => values.set(name, data.labels[cell[i]] ?? ""));
    history.replaceState(null, "", `#${values.size ? values : "errors"}`);
  };
  const change = () => {
    current = null;
    filter();
    remember();
  };

  // --- moving about
  const select = (item, { focus = true } = {}) => {
    document.querySelector(".item.current")?.classList.remove("current");
    current = item;
    const at = fitting.indexOf(item);
    if (at >= limit) {
      limit = AT_ONCE * Math.ceil((at + 1) / AT_ONCE);
      show();
    }
    const card = $(`error-${item.n}`);
    card.classList.add("current");
    links?.show(card, item);
    if (focus) card.focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    if (!fitting.length) return;
    const at = current ? fitting.indexOf(current) : by > 0 ? -1 : 0;
    const next = fitting[Math.min(Math.max(at + by, 0), fitting.length - 1)];
    select(next, { focus: !whole.open });
    history.replaceState(null, "", `#error-${next.n}`);
    if (whole.open) openArticle(next);
  };
  const openArticle = (item) => {
    const [id, title, text] = data.articles[item.article];
    const about = data.sides.map(() => new Map());
    for (const other of items)
      if (other.article === item.article)
        other.positions.forEach((of, i) => of.forEach((position) => about[i].has(position) || about[i].set(position, other)));
    const marks = data.mentions[item.article].map((mentions, i) =>
      mentions.map(([start, end, of, hint], position) => {
        const other = about[i].get(position);
        const here = item.positions[i].includes(position);
        const state = other ? `state-${groupOf(other)}` : "";
        const title = [hint, other ? data.kinds[other.kind][1] : ""].filter(Boolean).join(" · ");
        return { start, end, label: of, title, className: `${state}${here ? " here" : ""}`, item: other?.n, article: item.article, side: i, position };
      }),
    );
    const rows = element("div", "columns");
    rows.style.setProperty("--n", data.sides.length);
    for (const name of data.sides) rows.append(element("h3", "", name));
    let start = 0; // a paragraph a row, so that both sides stay beside each other
    for (const paragraph of text.split(/(?<=\n)(?=[^\n])/)) {
      const window = [start, start + paragraph.trimEnd().length];
      for (const of of marks) {
        const one = element("p", "article", paint(text, window, of));
        one.dir = "auto";
        rows.append(one);
      }
      start += paragraph.length;
    }
    $("whole-title").replaceChildren(element("bdi", "", title));
    $("whole-about").textContent = `${id} · #${item.n}: ${data.kinds[item.kind][1]}`;
    $("whole-text").replaceChildren(rows);
    if (!whole.open) whole.showModal();
    links?.article(item);
    $("whole-text").scrollTop = 0;
    whole.querySelector("mark.here")?.scrollIntoView({ block: "center" });
  };
  const goTo = (hash) => {
    const number = /^#error-(\d+)$/.exec(hash)?.[1];
    if (number) {
      const item = items[number - 1];
      if (!item) return;
      if (!fitting.includes(item)) {
        [kind.value, label.value, words.value, cell] = ["", "", "", null];
        if (links) links.select.value = "";
        filter();
      }
      select(item);
      $(`error-${item.n}`).scrollIntoView({ block: "start" });
    } else if (hash.includes("=")) {
      const values = new URLSearchParams(hash.slice(1));
      const place = (name) => (values.get(name) === "" ? NOTHING : data.labels.indexOf(values.get(name)));
      cell = values.has("gold") && values.has("predicted") ? [place("gold"), place("predicted")] : null;
      kind.value = values.get("kind") ?? (cell || values.has("linked") ? "" : usual);
      if (links) links.select.value = values.get("linked") ?? "";
      label.value = values.has("label") ? data.labels.indexOf(values.get("label")) : "";
      words.value = values.get("words") ?? "";
      order.value = values.get("order") === "surest" ? "surest" : "";
      current = null;
      filter();
      $("errors").scrollIntoView();
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const inList = whole.open || list.contains(document.activeElement);
    if (event.key === "j" || (event.key === "ArrowDown" && list.contains(document.activeElement))) step(1);
    else if (event.key === "k" || (event.key === "ArrowUp" && list.contains(document.activeElement))) step(-1);
    else if ((event.key === "Enter" || event.key === "o") && inList && current && event.target.matches(".item")) openArticle(current);
    else return;
    event.preventDefault();
  });
  $("whole-text").addEventListener("click", (event) => {
    const number = event.target.closest("mark[data-item]:not([data-linked])")?.dataset.item;
    if (!number) return;
    whole.close();
    location.hash = `#error-${number}`;
    goTo(location.hash);
  });
  $("whole-close").addEventListener("click", () => whole.close());
  for (const one of [kind, label, order]) one.addEventListener("change", change);
  links?.select.addEventListener("change", () => {
    if (kind.value === usual) kind.value = ""; // a trigger with a wrong role may itself be right
    change();
  });
  words.addEventListener("input", change);
  pair.addEventListener("click", () => {
    cell = null;
    kind.value = usual;
    change();
  });
  more.addEventListener("click", () => {
    limit += AT_ONCE;
    show();
  });
  addEventListener("hashchange", () => goTo(location.hash));
  const option = (select, value, text) => select.append(new Option(text, value));
  const counted = (one) => items.filter(one).length.toLocaleString("en");
  for (const [group, name] of data.groups) {
    option(kind, `group:${group}`, `${name} (${counted((item) => groupOf(item) === group)})`);
    for (const [key, of, within] of data.kinds)
      if (within === group) option(kind, `kind:${key}`, `\u00a0\u00a0${of} (${counted((item) => data.kinds[item.kind][0] === key)})`);
  }
  option(kind, "", `everything (${counted(() => true)})`);
  option(label, "", "every label");
  const occurring = new Set(items.flatMap((item) => [...item.labels]));
  data.labels.forEach((name, i) => occurring.has(i) && option(label, i, name));
  const first = data.groups.find(([group]) => group !== "right" && items.some((item) => groupOf(item) === group));
  const usual = `group:${(first ?? data.groups[0])[0]}`;
  kind.value = usual;
  bar.hidden = false;
  filter();
  goTo(location.hash);
})();
