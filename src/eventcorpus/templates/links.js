// The roles, attributes and events of mentions: arrows, a panel that says the same in words, and a filter. Only pages
// of systems that give roles or attributes have this script; browser.js calls it. Needs marks.js and arrows.js.
const linking = ({ data, items, element, quoted, chip, filter }) => {
  const SCOPE = ".pair, .columns"; // gold beside predicted: in a card of the list, or of the whole article
  const { roles, attributes, values } = data.links;
  const stateOf = (gold, predicted) => (gold && predicted ? "right" : gold ? "missed" : "spurious");

  // --- which entries belong to which item: those of a trigger, or of a mention with attributes, on either side
  const itemAt = data.articles.map(() => data.sides.map(() => []));
  for (const item of items)
    item.positions.forEach((of, side) => of.forEach((position) => (itemAt[item.article][side][position] = item)));
  const found = new Map();
  const put = (article, entry, starts) => {
    const owners = [entry.gold, entry.predicted].flatMap((of, side) => (of ? starts(of).map((i) => itemAt[article][side][i]) : []));
    for (const item of new Set(owners)) {
      if (!found.has(item)) found.set(item, { role: [], attribute: [], event: [] });
      found.get(item)[entry.kind].push(entry);
    }
  };
  data.links.articles.forEach(([ofRoles, ofPairs, ofAttributes], article) => {
    for (const [role, gold, predicted, confidence] of ofRoles)
      put(article, { kind: "role", name: roles[role], state: stateOf(gold, predicted), gold, predicted, confidence }, (of) => [of[0]]);
    for (const [gold, predicted, confidence] of ofPairs)
      put(article, { kind: "event", state: stateOf(gold, predicted), gold, predicted, confidence }, (of) => of);
    for (const [attribute, same, gold, predicted, confidence] of ofAttributes) {
      const state = !gold || !predicted ? "alone" : same ? "right" : "different";
      put(article, { kind: "attribute", name: attributes[attribute], state, gold, predicted, confidence }, (of) => [of[0]]);
    }
  });
  const isWrong = (entry) => !["right", "alone"].includes(entry.state);
  const wrong = { role: new Set(), attribute: new Set(), event: new Set() };
  const wrongArticles = { role: new Set(), attribute: new Set(), event: new Set() };
  for (const [item, of] of found)
    for (const kind of Object.keys(wrong))
      if (of[kind].some(isWrong)) {
        wrong[kind].add(item);
        wrongArticles[kind].add(item.article);
      }

  // --- the filter
  const select = element("select");
  select.id = "linked";
  select.setAttribute("aria-label", "roles, attributes and events");
  select.append(new Option("any roles, attributes, events", ""));
  for (const [of, what, prefix] of [[wrongArticles, "articles", "articles."], [wrong, "mentions", ""]])
    for (const kind of Object.keys(of))
      select.append(new Option(`${what} with a wrong ${kind} (${of[kind].size.toLocaleString("en")})`, prefix + kind));
  filter.querySelector("#label").after(select);
  const tally = element("p", "soft");
  tally.id = "links-tally";
  document.getElementById("tally").after(tally);
  const fits = (item) => {
    const [last, first] = select.value.split(".").reverse();
    return !last || (first ? wrongArticles[last].has(item.article) : wrong[last].has(item));
  };
  const NAMES = { role: "roles", attribute: "attributes", event: "pairs of triggers of one event" };
  const count = (shown) => {
    const entries = new Set(shown.flatMap((item) => (found.has(item) ? Object.values(found.get(item)).flat() : [])));
    const counts = { role: {}, attribute: {}, event: {} };
    for (const { kind, state } of entries) counts[kind][state] = (counts[kind][state] ?? 0) + 1;
    const parts = Object.entries(counts).map(([kind, of]) => {
      const states = ["right", "different", "missed", "spurious"].filter((state) => of[state]);
      return states.length && `${NAMES[kind]}: ${states.map((state) => `${state} ${of[state].toLocaleString("en")}`).join(", ")}`;
    });
    tally.textContent = parts.filter(Boolean).join(" · ");
  };

  // --- marks, and what of them is wrong
  const prepare = (mark, over) => {
    mark.dataset.at = over.map((m) => `${m.side}.${m.position}`).join(" ");
    const shortest = [...over].sort((a, b) => a.end - a.start - (b.end - b.start));
    const owners = shortest.map((m) => itemAt[m.article][m.side][m.position]).filter((item) => found.has(item));
    if (!owners.length) return;
    mark.dataset.linked = owners[0].n;
    mark.tabIndex = 0;
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-pressed", "false");
  };
  const summary = (item) => {
    if (!found.has(item)) return "";
    const parts = Object.entries(found.get(item)).map(([kind, entries]) => {
      const n = entries.filter(isWrong).length;
      return n && (kind === "event" ? "wrong event" : `${n} wrong ${kind}${n > 1 ? "s" : ""}`);
    });
    return parts.filter(Boolean).join(", ");
  };

  // --- the panel: text
  const sample = (state) => {
    const picture = drawing("svg", { width: 30, height: 8, "aria-hidden": "true" });
    picture.append(drawing("line", { x1: 1, x2: 29, y1: 4, y2: 4, class: `link ${state}` }));
    return picture;
  };
  const sure = ({ predicted, confidence }) => (predicted && confidence !== undefined ? `, ${confidence.toFixed(2)}` : "");
  const spanOf = (item, side, position) => data.mentions[item.article][side][position];
  const words = (item, side, position) => {
    const [start, end] = spanOf(item, side, position);
    return ["“", quoted(data.articles[item.article][2].slice(start, end)), "”"];
  };
  const entryLine = (scope, item, entry) => {
    const side = entry.gold ? 0 : 1;
    const ends = entry.gold || entry.predicted;
    const other = entry.kind === "role" || item.positions[side].includes(ends[0]) ? ends[1] : ends[0];
    const name = entry.kind === "role" ? [element("b", "", entry.name), " "] : [];
    const one = element("li", "", sample(entry.state), " ", ...name, ...words(item, side, other), ` – ${entry.state}${sure(entry)}`);
    if (!markOf(scope, side, other)) one.append(element("span", "soft", " (in another sentence)"));
    return one;
  };
  const markOf = (scope, side, position) => scope.querySelector(`mark[data-at~="${side}.${position}"]`);
  const part = (title, ...body) => element("section", "", element("h4", "", title), ...body);
  const attributeTable = (item, entries) => {
    const table = element("table", "", element("tr", "", ...["", ...data.sides, ""].map((name) => element("th", "", name))));
    for (const name of new Set(entries.map((entry) => entry.name))) {
      const of = entries.filter((entry) => entry.name === name);
      const cells = ["gold", "predicted"].map((side) => {
        const texts = of.filter((entry) => entry[side]).map((entry) => {
          const said = entry[side].slice(1).map((i) => values[i]).join(", ") || "none";
          return side === "predicted" ? said + sure(entry) : said;
        });
        return element("td", "", element("bdi", "", texts.join("; ") || "–"));
      });
      const state = ["different", "right"].find((one) => of.some((entry) => entry.state === one)) ?? "alone";
      const verdict = { different: "≠ different", right: "same", alone: "not compared" }[state];
      table.append(element("tr", state, element("th", "", element("bdi", "", name)), ...cells, element("td", "", verdict)));
    }
    return table;
  };
  const fill = (panel, scope, item) => {
    const { role, attribute, event } = found.get(item);
    const side = item.positions[0].length ? 0 : 1;
    const position = item.positions[side][0];
    const number = element("a", "number", `#${item.n}`);
    number.href = `#error-${item.n}`;
    const head = element("h3", "", chip(spanOf(item, side, position)[2]), " ", ...words(item, side, position), " ");
    head.append(element("span", "soft", `${data.kinds[item.kind][1]} `), number);
    const list = (entries) => element("ul", "", ...entries.map((entry) => entryLine(scope, item, entry)));
    panel.replaceChildren(head);
    if (role.length) panel.append(part("Roles", list(role)));
    if (attribute.length) panel.append(part("Attributes", attributeTable(item, attribute)));
    if (event.length) panel.append(part("Other triggers of the same event", list(event)));
    panel.hidden = false;
  };

  // --- arrows
  let active = null; // { scope, item }: where arrows stand, and whose they are
  const canvas = arrowCanvas();
  const draw = () => {
    if (!active?.scope.isConnected) return;
    const { scope, item } = active;
    const groups = data.sides.map((_, side) =>
      found.get(item).role.flatMap((entry) => {
        const [from, to] = ((side ? entry.predicted : entry.gold) || []).map((position) => markOf(scope, side, position));
        return from && to ? [{ from, to, name: entry.name, state: entry.state }] : [];
      }),
    );
    drawArrows(canvas, scope, groups);
  };
  const resized = new ResizeObserver(draw);
  const clear = () => {
    document.querySelectorAll('mark[aria-pressed="true"]').forEach((mark) => mark.setAttribute("aria-pressed", "false"));
    resized.disconnect();
    canvas.remove();
    active = null;
  };
  const show = (scope, item) => {
    if (!scope || (active?.scope === scope && active.item === item)) return;
    clear();
    if (!found.has(item)) return;
    active = { scope, item };
    fill(panelOf(scope), scope, item);
    scope.querySelectorAll(`mark[data-linked="${item.n}"]`).forEach((mark) => mark.setAttribute("aria-pressed", "true"));
    resized.observe(scope);
    draw();
  };

  // --- where panels stand: below the sentences of a card, beside the text of a whole article
  const whole = document.getElementById("whole");
  const aside = (className) => {
    const panel = element("aside", className);
    panel.setAttribute("aria-live", "polite");
    panel.setAttribute("aria-label", "roles, attributes and event");
    panel.hidden = true;
    return panel;
  };
  const besideWhole = aside("panel");
  whole.classList.add("linked");
  whole.append(besideWhole);
  const panelOf = (scope) => (whole.contains(scope) ? besideWhole : scope.parentElement.querySelector(".panel"));
  const card = (one, item) => {
    if (one.querySelector("mark[data-linked]")) one.append(aside("panel"));
    const text = summary(item);
    if (text) one.querySelector(".number").after(element("span", "links-wrong", text));
  };
  const article = (item) => {
    clear();
    besideWhole.hidden = false;
    besideWhole.replaceChildren(element("p", "soft", "Point at a trigger, or go to it with the tab key, to see its roles, attributes and event."));
    show(whole.querySelector(SCOPE), item);
  };
  const point = (event) => {
    const mark = event.target.closest?.("mark[data-linked]");
    if (mark) show(mark.closest(SCOPE), items[mark.dataset.linked - 1]);
  };
  document.addEventListener("pointerover", (event) => event.pointerType === "mouse" && point(event));
  document.addEventListener("focusin", point);
  document.addEventListener("click", point);
  besideWhole.addEventListener("click", (event) => event.target.closest("a") && whole.close());
  whole.addEventListener("close", clear);
  return { select, fits, count, prepare, card, article, show: (one, item) => show(one.querySelector(SCOPE), item) };
};
