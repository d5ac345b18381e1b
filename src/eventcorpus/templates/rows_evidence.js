// The evidence of one event row: the text of its article with the words that fill its cells, and the cells beside it,
// each with what it means, by which rule and how surely. Lines lead from words to cells.
const rowEvidence = ({ about, rows, countryName, step }) => {
  const [dialog, title, text, panel, canvas, copied] = ["evidence", "evidence-title", "evidence-text", "evidence-cells", "evidence-lines", "copied"].map(
    (id) => document.getElementById(id),
  );
  const DAYS = { 1: "the day", 2: "two to six days", 3: "a week", 4: "a month", 5: "up to a year" };
  const PLACES = { 1: "the place itself", 2: "within about 25 km", 3: "a district", 4: "a province", 5: "a part of a country", 6: "a country", 7: "a sea or river" };
  const CLASSES = ["", "state forces", "rebel group", "political militia", "identity militia", "rioters", "protesters", "civilians", "external or other forces"];
  const NOT_DETAILS = new Set(["start", "end", "text", "confidence", "name", "rule", "sure", "date_start", "date_end", "country", "precision", "inter", "latitude", "longitude"]);
  let [current, items, active] = [null, [], null]; // items: { words, element, mark }

  const sure = (confidence) => (typeof confidence === "number" ? confidence.toFixed(2) : null);
  const colourOf = (role) => about.role_colours[about.roles.indexOf(role)] ?? "#777777";
  const withRule = (rule, confidence) => [rule && `rule: ${rule}`, sure(confidence) && `sure ${sure(confidence)}`].filter(Boolean).join(", ");
  const days = (start, end) => (start === end ? start : `${start ?? "…"} – ${end ?? "…"}`);

  // --- what the words of an argument mean
  const meaning = (argument) => {
    const isPlace = "latitude" in argument || "id" in argument;
    const parts = [];
    if (argument.date_start || argument.date_end) parts.push(days(argument.date_start, argument.date_end));
    if (typeof argument.name === "string") parts.push(argument.name);
    if (typeof argument.country === "string" && argument.country !== argument.name) parts.push(countryName(argument.country));
    return [
      parts.join(", "),
      [
        CLASSES[argument.inter],
        argument.precision && `precise to ${(isPlace ? PLACES : DAYS)[argument.precision] ?? argument.precision}`,
        typeof argument.latitude === "number" && typeof argument.longitude === "number" && `${argument.latitude.toFixed(2)}, ${argument.longitude.toFixed(2)}`,
        ...Object.entries(argument)
          .filter(([key, value]) => !NOT_DETAILS.has(key) && value !== null && value !== "")
          .map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`),
        withRule(argument.rule, argument.sure),
      ].filter(Boolean).join(" · "),
    ];
  };

  // --- cells
  const quoted = (words) => [`“`, isolated(words.text, 160), "”"];
  const soft = (...words) => element("span", "soft", ...words);
  const item = (words, colour, name, ...said) => {
    const one = element("button", "cell", element("b", "", ...quoted(words)), ...said.filter(Boolean).flatMap((part) => [" ", part]));
    one.style.setProperty("--c", colour);
    items.push({ words, element: one, colour, name });
    return element("li", "", one);
  };
  const section = (name, value, about, ...body) => {
    const lines = body.flat();
    const head = element("h3", "", name);
    return element(
      "section", "", head,
      ...(value ? [element("p", "value", ...[value].flat())] : []),
      ...(about ? [element("p", "soft", about)] : []),
      ...(lines.length ? [element("ul", "", ...lines)] : []),
    );
  };
  const figure = ({ low, best, high, unit }) => {
    const of = unit && unit !== "people" ? ` ${unit}` : "";
    const isKnown = (n) => typeof n === "number";
    const bounds = [isKnown(low) && `at least ${number(low)}`, isKnown(high) && `at most ${number(high)}`].filter(Boolean).join(", ");
    if (!isKnown(best)) return `${bounds || "no number"}${of}`;
    if (low === best && high === best) return `${number(best)}${of}`;
    if ((low === best && !isKnown(high)) || (high === best && !isKnown(low))) return `${bounds}${of}`;
    return bounds ? `${number(best)}${of} (${bounds})` : `about ${number(best)}${of}`;
  };
  const argumentItem = (argument, role, name) => {
    const [means, details] = meaning(argument);
    const linked = `linked ${sure(argument.confidence) ?? "by hand"}`;
    return item(argument, colourOf(role), name, means && element("span", "means", "→ ", isolated(means, 120)), soft([details, linked].filter(Boolean).join(" · ")));
  };
  const evidenceItems = (evidence, role, name, known = []) =>
    (evidence ?? [])
      .filter((words) => !known.some((other) => other.start === words.start && other.end === words.end))
      .map((words) => item(words, colourOf(role), name));
  const cellsOf = (row, shown) => {
    const chip = element("span", "chip", row.label);
    chip.style.setProperty("--c", about.colours[shown.label]);
    const states = about.attributes.filter((name) => typeof row[name] === "string").map((name) => `${name}: ${row[name]}`);
    const cells = [
      section("event", [chip, " ", soft([...states, `sure ${sure(row.confidence) ?? "–"}`].join(" · "))], "", row.triggers.map((words) => item(words, about.colours[shown.label], row.label))),
    ];
    if (row.flags?.length) cells.push(section("look at", "", "", row.flags.map((flag) => element("li", "", element("span", "flag", isolated(flag, 80))))));
    for (const role of about.roles) {
      const found = row[role];
      if (role === about.time || role === about.count || !Array.isArray(found) || !found.length || typeof found[0] !== "object") continue;
      cells.push(section(role, "", "", found.map((argument) => argumentItem(argument, role, role))));
    }
    const times = Array.isArray(row[about.time]) ? row[about.time] : [];
    const date = row.date ?? {};
    if (times.length || date.start || date.end) {
      const value = date.start || date.end ? days(date.start, date.end) : "";
      const how = [date.precision && `precise to ${DAYS[date.precision]}`, withRule(date.rule, date.confidence)].filter(Boolean).join(" · ");
      cells.push(section("when", value, how, times.map((argument) => argumentItem(argument, about.time, "when")), evidenceItems(date.evidence, about.time, "when", times)));
    }
    const count = row.count ?? {};
    const hasCount = ["low", "best", "high"].some((key) => typeof count[key] === "number");
    if (hasCount || count.evidence?.length)
      cells.push(section("how many", figure(count), withRule(count.rule, count.confidence), evidenceItems(count.evidence, about.count, "how many")));
    const known = new Set((count.evidence ?? []).map((words) => `${words.start} ${words.end}`));
    const claims = row.claims ?? [];
    if (claims.length)
      cells.push(
        section("figures that are told", "", "", claims.flatMap((claim) => [
          element("li", "claim", element("b", "", figure(claim)), " ", soft([claim.sources?.length ? `says ${short(claim.sources.join("; "), 120)}` : "no source", claim.published?.slice(0, 10)].filter(Boolean).join(" · "))),
          ...(claim.evidence ?? []).filter((words) => !known.has(`${words.start} ${words.end}`)).map((words) => item(words, colourOf(about.count), "figure")),
        ])),
      );
    if (row.sources?.length) cells.push(section("says who", "", "", row.sources.map((name) => element("li", "", isolated(name, 120)))));
    if (row.cause?.length) cells.push(section("caused by", "", "", row.cause.map(causeLine(row))));
    cells.push(articleSection(row));
    return cells;
  };
  const causeLine = (row) => (id) => {
    const at = rows.findIndex((other) => other.raw.article === row.article && other.raw.id === id);
    if (at < 0) return element("li", "soft", "a row that is not on this page");
    const one = element("button", "go", `${rows[at].raw.label}: `, isolated(rows[at].trigger, 60));
    one.addEventListener("click", () => step(rows[at]));
    return element("li", "", one);
  };
  const articleSection = (row) => {
    const said = [row.title, row.outlet, row.published, row.article, row.id].filter(Boolean).map((one) => element("li", "", isolated(one, 160)));
    if (typeof row.url === "string" && /^https?:\/\//.test(row.url)) {
      const link = element("a", "", short(row.url, 80));
      link.href = row.url;
      link.rel = "noreferrer noopener";
      link.target = "_blank";
      said.push(element("li", "", link));
    }
    return section("article", "", "", said);
  };

  // --- the text
  const fill = (row, shown) => {
    const [, whole] = about.articles[shown.article];
    text.replaceChildren();
    for (const one of items) one.mark = null;
    if (typeof whole !== "string") {
      text.append(element("p", "soft", "The text of this article is not on this page; its words stand in the cells."));
      for (const one of items) one.element.classList.add("alone");
      return;
    }
    const unit = unitsOf(whole);
    const placed = (words) => {
      const [start, end] = [unit(words.start), unit(words.end)];
      return start < end && whole.slice(start, end) === words.text ? { start, end } : null; // a text may have changed since
    };
    const marks = [];
    items.forEach((one, i) => {
      const ends = placed(one.words);
      if (ends) marks.push({ ...ends, name: one.name, colour: one.colour, className: "", item: i, title: one.name });
      else {
        one.element.classList.add("alone");
        one.element.append(" ", soft("(not in this text)"));
      }
    });
    for (const other of rows) {
      if (other.article !== shown.article || other.raw === row) continue;
      for (const words of other.raw.triggers) {
        const ends = placed(words);
        if (ends) marks.push({ ...ends, name: "", colour: about.colours[other.label], className: "context", row: other, title: `${other.raw.label}: another row` });
      }
    }
    const body = element("p", "article", paint(whole, marks, (mark, over) => {
      const own = over.filter((m) => m.item !== undefined);
      mark.dataset.items = own.map((m) => m.item).join(" ");
      for (const m of own) items[m.item].mark ??= mark;
      const other = over.find((m) => m.row);
      if (!own.length && other) mark.addEventListener("click", () => step(other.row));
    }));
    body.dir = "auto";
    text.append(body);
  };

  // --- lines from words to cells
  const isBeside = () => panel.getBoundingClientRect().left > text.getBoundingClientRect().left + 40;
  const lines = () => {
    canvas.replaceChildren();
    const box = canvas.getBoundingClientRect();
    const [around, beside] = [text.getBoundingClientRect(), panel.getBoundingClientRect()];
    const drawn = items.filter((one) => one.mark && (isBeside() || one === active));
    for (const one of [...drawn.filter((one) => one !== active), ...drawn.filter((one) => one === active)]) {
      const [from, to] = [[...one.mark.getClientRects()].at(-1), one.element.getBoundingClientRect()];
      if (!from || from.bottom < around.top || from.top > around.bottom || to.bottom < beside.top + 4 || to.top > beside.bottom - 4) continue;
      const className = one === active ? "line active" : "line";
      const style = `--c:${one.colour}`;
      let [path, head] = ["", ""];
      if (isBeside()) {
        const [x1, y1] = [from.right - box.left, from.bottom - box.top - 1];
        const [x2, y2] = [to.left - box.left - 7, to.top + Math.min(14, to.height / 2) - box.top];
        const bend = Math.max(30, (x2 - x1) / 2);
        [path, head] = [`M${x1},${y1}C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`, `M${x2 + 7},${y2}l-8,-4v8z`];
      } else {
        const [x1, y1, x2, y2] = [(from.left + from.right) / 2 - box.left, from.bottom - box.top, to.left + 24 - box.left, to.top - box.top - 7];
        const bend = Math.max(20, (y2 - y1) / 2);
        [path, head] = [`M${x1},${y1}C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2}`, `M${x2},${y2 + 7}l-4,-8h8z`];
      }
      canvas.append(drawing("path", { d: path, class: className, style }), drawing("path", { d: head, class: `${className} head`, style }));
    }
  };
  const activate = (one, { scroll = false } = {}) => {
    for (const other of items) {
      other.element.classList.toggle("active", other === one);
      other.mark?.classList.toggle("here", false);
    }
    active = one;
    if (one?.mark) {
      for (const mark of text.querySelectorAll("mark")) if (mark.dataset.items.split(" ").includes(`${items.indexOf(one)}`)) mark.classList.add("here");
      const [at, around] = [one.mark.getBoundingClientRect(), text.getBoundingClientRect()];
      if (scroll && (at.top < around.top || at.bottom > around.bottom)) one.mark.scrollIntoView({ block: "center" });
    }
    lines();
  };
  const ofElement = (target) => items.find((one) => one.element === target.closest?.("button.cell"));
  const ofMark = (target) => items[target.closest?.("mark[data-items]")?.dataset.items.split(" ")[0] || -1];
  panel.addEventListener("focusin", (event) => ofElement(event.target) && activate(ofElement(event.target), { scroll: true }));
  panel.addEventListener("click", (event) => ofElement(event.target) && activate(ofElement(event.target), { scroll: true }));
  panel.addEventListener("pointerover", (event) => event.pointerType === "mouse" && ofElement(event.target) && activate(ofElement(event.target)));
  text.addEventListener("pointerover", (event) => event.pointerType === "mouse" && ofMark(event.target) && activate(ofMark(event.target)));
  text.addEventListener("click", (event) => {
    const one = ofMark(event.target);
    if (!one) return;
    one.element.scrollIntoView({ block: "nearest" });
    activate(one);
  });
  for (const pane of [text, panel]) pane.addEventListener("scroll", lines);
  new ResizeObserver(lines).observe(dialog);

  // --- the dialog
  const open = (shown) => {
    [current, items, active] = [shown, [], null];
    const row = shown.raw;
    panel.replaceChildren(...cellsOf(row, shown));
    title.replaceChildren(element("bdi", "", short(row.title || row.article, 160)));
    copied.textContent = "";
    fill(row, shown);
    if (!dialog.open) dialog.showModal();
    panel.scrollTop = 0;
    text.scrollTop = 0;
    items[0]?.mark?.scrollIntoView({ block: "center" });
    text.focus({ preventScroll: true });
    lines();
  };
  const copy = async () => {
    const json = JSON.stringify(current.raw);
    const by = element("textarea");
    try {
      await navigator.clipboard.writeText(json);
      copied.textContent = "copied";
    } catch {
      by.value = json; // a page that lies on the disk may not use the clipboard
      dialog.append(by);
      by.select();
      copied.textContent = document.execCommand("copy") ? "copied" : "this browser does not copy";
      by.remove();
    }
  };
  document.getElementById("copy").addEventListener("click", copy);
  document.getElementById("evidence-close").addEventListener("click", () => dialog.close());
  return { open, dialog, current: () => current };
};
