// Event rows in a table that is sorted and filtered, with a timeline, a map and the evidence of each row.
(() => {
  const PAGE = 100;
  const $ = (id) => document.getElementById(id);
  const about = JSON.parse($("about").textContent);
  const raws = $("rows").textContent.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const [bar, words, label, country, state, flag, from, to, apart, place, clear, found, body, pages, table] = [
    "filter", "words", "label", "country", "state", "flag", "from", "to", "apart", "place", "clear", "found", "body", "pages", "table",
  ].map($);
  const rows = about.shown.map((values, n) => {
    const row = Object.fromEntries(about.columns.map((name, i) => [name, values[i]]));
    const [start, end] = [row.start ?? row.end, row.end ?? row.start]; // of "until Tuesday" only the Tuesday is known
    const [first, last] = start ? [dayOf(start), dayOf(end)] : [null, null];
    return { ...row, n, raw: raws[n], first, last };
  });
  const regions = new Intl.DisplayNames(["en"], { type: "region" });
  const countryName = (code) => (/^[A-Z]{2}$/.test(code) ? regions.of(code) : code);

  // --- filters: each says by itself whether a row fits, so that the charts can leave out their own
  let [chosenPlace, sorting] = [null, null]; // sorting: { key, down }
  let [fitting, page, current] = [[], 0, null];
  const texts = [];
  const textOf = ({ n, raw, ...row }) =>
    (texts[n] ??= [raw.article, raw.title, raw.label, row.trigger, row.who, row.whom, row.where, row.when, row.how_many, row.says_who, row.state, ...(raw.flags ?? [])]
      .join("\n")
      .toLowerCase());
  const day = (input) => (input.value ? dayOf(input.value) : null);
  const fits = () => {
    const wanted = words.value.trim().toLowerCase();
    const [start, end] = [day(from), day(to)];
    const [name, value] = state.value.split("\n");
    return {
      words: (row) => !wanted || textOf(row).includes(wanted),
      label: (row) => !label.value || row.label === Number(label.value),
      country: (row) => !country.value || (country.value === "none" ? !row.countries.length : row.countries.includes(country.value.slice(3))),
      state: (row) => !name || (name === "incident" ? row.is_incident : name === "apart" ? !row.is_incident : row.raw[name] === value),
      flag: (row) => !flag.value || (row.raw.flags ?? []).includes(flag.value.slice(2)),
      dates: (row) => (start === null && end === null) || (row.first !== null && (start === null || row.last >= start) && (end === null || row.first <= end)),
      place: (row) => chosenPlace === null || row.place === chosenPlace,
    };
  };
  const KEYS = {
    label: (row) => about.labels[row.label], who: (row) => row.who, whom: (row) => row.whom, where: (row) => row.where,
    when: (row) => row.first, number: (row) => row.number, says: (row) => row.says_who, state: (row) => row.state,
    article: (row) => row.raw.article, sure: (row) => row.raw.confidence ?? null,
  };
  const inWords = new Intl.Collator("en", { numeric: true });
  const compare = (a, b) => (typeof a === "number" ? a - b : inWords.compare(a, b));
  const sorted = (some) => {
    const isEmpty = (value) => value === null || value === "";
    const keyed = some.map((row) => [sorting ? KEYS[sorting.key](row) : row.n, row]);
    const way = sorting?.down ? -1 : 1;
    keyed.sort(([a, one], [b, two]) =>
      (apart.checked && two.is_incident - one.is_incident) || isEmpty(a) - isEmpty(b) || (isEmpty(a) ? 0 : way * compare(a, b)) || one.n - two.n,
    );
    return keyed.map(([, row]) => row);
  };
  const sums = (some) => {
    const tolls = new Map();
    let [incidents, without] = [0, 0];
    for (const row of some) {
      incidents += row.is_incident;
      if (row.toll !== null) tolls.set(row.toll, Math.max(tolls.get(row.toll) ?? -1, row.at_least ?? -1));
    }
    let killed = 0;
    for (const low of tolls.values()) low < 0 ? without++ : (killed += low);
    const unknown = without ? ` (${number(without)} toll${without === 1 ? "" : "s"} without a lower bound)` : "";
    const dead = tolls.size ? `, killed in them at least ${number(killed)}${unknown}` : "";
    return `${number(some.length)} of ${number(rows.length)} rows: ${number(incidents)} actual incident${incidents === 1 ? "" : "s"}${dead}`;
  };

  // --- the table
  const cell = (name, ...children) => {
    const one = element("td", "text", ...children);
    one.dataset.name = name;
    one.setAttribute("role", "cell");
    return one;
  };
  const days = (text) => element("bdi", "", ...text.split(/(\d{4}-\d\d-\d\d)/).filter(Boolean).map((one) => (/^\d{4}-\d\d-\d\d$/.test(one) ? element("span", "day", one) : short(one))));
  const draw = (row) => {
    const chip = element("span", "chip", about.labels[row.label]);
    chip.style.setProperty("--c", about.colours[row.label]);
    const flags = (row.raw.flags ?? []).map((one) => element("span", "flag", isolated(one, 40)));
    const confidence = row.raw.confidence;
    const one = element(
      "tr", row.is_incident ? "" : "apart",
      cell("event", chip, " ", isolated(row.trigger)),
      cell("who", isolated(row.who, 90)), cell("whom", isolated(row.whom, 90)), cell("where", isolated(row.where, 90)),
      cell("when", days(row.when)), cell("how many", isolated(row.how_many)), cell("says who", isolated(row.says_who, 90)),
      cell("state", element("bdi", "", ...(row.state ? [isolated(row.state)] : []), ...flags.flatMap((one) => [" ", one]))),
      cell("article", isolated(row.raw.article, 40)),
      cell("sure", typeof confidence === "number" ? confidence.toFixed(2) : ""),
    );
    one.setAttribute("role", "row");
    one.dataset.n = row.n;
    one.tabIndex = -1;
    return one;
  };
  const rule = (text) => {
    const one = element("tr", "rule", element("th", "text", text));
    one.firstChild.colSpan = table.querySelectorAll("thead th").length;
    one.firstChild.scope = "rowgroup";
    one.setAttribute("role", "row");
    one.firstChild.setAttribute("role", "rowheader");
    return one;
  };
  const show = () => {
    const shown = fitting.slice(page * PAGE, (page + 1) * PAGE);
    const lines = shown.map(draw);
    if (apart.checked) {
      const at = shown.findIndex((row) => !row.is_incident);
      const incidents = fitting.filter((row) => row.is_incident).length;
      if (at >= 0) lines.splice(at, 0, rule(`Not summed up: ${number(fitting.length - incidents)} totals, background, plans, denials`));
      if (at !== 0 && shown.length) lines.unshift(rule(`Actual incidents: ${number(incidents)}`));
    }
    body.replaceChildren(...lines);
    mark(current && shown.includes(current) ? current : (shown[0] ?? null));
    const last = Math.max(0, Math.ceil(fitting.length / PAGE) - 1);
    pages.hidden = !last;
    $("back").disabled = page === 0;
    $("on").disabled = page >= last;
    $("at").textContent = `${number(page * PAGE + 1)}–${number(Math.min((page + 1) * PAGE, fitting.length))} of ${number(fitting.length)}`;
  };
  const mark = (row) => {
    current = row;
    for (const line of body.querySelectorAll("tr[data-n]")) {
      const isCurrent = Number(line.dataset.n) === row?.n;
      line.classList.toggle("current", isCurrent);
      line.tabIndex = isCurrent ? 0 : -1;
    }
  };
  const select = (row, { focus = true } = {}) => {
    const at = fitting.indexOf(row);
    if (at < 0) return;
    if (Math.floor(at / PAGE) !== page) {
      page = Math.floor(at / PAGE);
      show();
    }
    mark(row);
    const line = body.querySelector(`tr[data-n="${row.n}"]`);
    if (focus) line.focus({ preventScroll: true });
    line.scrollIntoView({ block: "nearest" });
  };
  const step = (by) => {
    const at = fitting.indexOf(current);
    const next = fitting[Math.min(Math.max(at + by, 0), fitting.length - 1)];
    if (!next) return;
    select(next, { focus: !evidence.dialog.open });
    if (evidence.dialog.open) openRow(next);
  };

  // --- charts and evidence
  const timeline = rowTimeline({
    svg: $("timeline"), about, labels: $("timeline-about"), legend: $("legend"), unit: $("unit"),
    onDates: (first, last) => {
      const isSame = from.value === isoOf(first) && to.value === isoOf(last);
      [from.value, to.value] = isSame ? ["", ""] : [isoOf(first), isoOf(last)];
      change();
    },
    onLabel: (of) => {
      label.value = of ?? "";
      change();
    },
  });
  const map = rowMap({
    svg: $("map"), about, towns: JSON.parse($("towns").textContent), beside: $("places"), countryName,
    onPlace: (of) => {
      chosenPlace = chosenPlace === of ? null : of;
      change();
    },
  });
  const openRow = (row) => {
    if (!fitting.includes(row)) reset();
    select(row, { focus: false });
    history.replaceState(null, "", `#row=${row.n + 1}`);
    evidence.open(row);
  };
  const evidence = rowEvidence({ about, rows, countryName, step: openRow });
  evidence.dialog.addEventListener("close", () => {
    remember();
    select(evidence.current());
  });

  const PLACES = { area: "no point: a country, province or sea", unlisted: "no point: not in the gazetteer", none: "no place told" };
  let shownPlaces = "";
  const update = () => {
    const tests = fits();
    const passing = (...without) => {
      const some = Object.entries(tests).filter(([name]) => !without.includes(name)).map(([, test]) => test);
      return rows.filter((row) => some.every((test) => test(row)));
    };
    fitting = sorted(passing());
    page = 0;
    found.textContent = sums(fitting);
    place.hidden = chosenPlace === null;
    place.textContent = `${short(PLACES[chosenPlace] ?? about.places[chosenPlace]?.[0] ?? "", 40)} ✕`;
    clear.hidden = !Object.keys(filters()).length;
    timeline.show(passing("dates"), day(from), day(to), label.value ? Number(label.value) : null);
    const onMap = passing("place");
    const key = [words, label, country, state, flag, from, to].map((one) => one.value).join("\n");
    map.show(onMap, chosenPlace, key !== shownPlaces);
    shownPlaces = key;
    show();
  };

  // --- the address remembers the filters
  const INPUTS = { words, label, country, state, flag, from, to };
  const filters = () => {
    const values = Object.fromEntries(Object.entries(INPUTS).map(([name, one]) => [name, one.value.trim()]).filter(([, value]) => value));
    if (label.value) values.label = about.labels[label.value];
    if (chosenPlace !== null) values.place = chosenPlace;
    return values;
  };
  const remember = () => {
    const values = new URLSearchParams(filters());
    if (sorting) values.set("sort", `${sorting.down ? "-" : ""}${sorting.key}`);
    if (!apart.checked) values.set("apart", "no");
    history.replaceState(null, "", values.size ? `#${values}` : location.pathname + location.search);
  };
  const change = () => {
    current = null;
    update();
    remember();
  };
  const reset = () => {
    for (const one of Object.values(INPUTS)) one.value = "";
    chosenPlace = null;
    update();
  };
  const sortBy = (key, down) => {
    sorting = key && { key, down };
    for (const head of table.querySelectorAll("thead th")) {
      head.removeAttribute("aria-sort");
      if (sorting && head.dataset.key === key) head.setAttribute("aria-sort", down ? "descending" : "ascending");
    }
  };
  const goTo = (hash) => {
    const values = new URLSearchParams(hash.slice(1));
    const has = (select, value) => [...select.options].some((one) => one.value === value);
    for (const one of Object.values(INPUTS)) one.value = "";
    words.value = values.get("words") ?? "";
    if (about.labels.includes(values.get("label"))) label.value = about.labels.indexOf(values.get("label"));
    for (const [name, one] of Object.entries({ country, state, flag })) if (has(one, values.get(name))) one.value = values.get(name);
    for (const [name, one] of Object.entries({ from, to })) one.value = values.get(name) ?? "";
    const wanted = values.get("place");
    chosenPlace = wanted in PLACES ? wanted : about.places[wanted] ? Number(wanted) : null;
    const key = values.get("sort")?.replace(/^-/, "");
    sortBy(Object.hasOwn(KEYS, key ?? "") ? key : null, values.get("sort")?.startsWith("-"));
    apart.checked = values.get("apart") !== "no";
    update();
    const row = rows[values.get("row") - 1];
    if (row) openRow(row);
  };

  // --- what people do
  for (const one of [label, country, state, flag, from, to, apart]) one.addEventListener("change", change);
  $("unit").addEventListener("change", update);
  words.addEventListener("input", change);
  place.addEventListener("click", () => {
    chosenPlace = null;
    change();
  });
  clear.addEventListener("click", () => {
    reset();
    remember();
  });
  for (const head of table.querySelectorAll("thead th[data-key]"))
    head.querySelector("button").addEventListener("click", () => {
      const { key } = head.dataset;
      if (sorting?.key !== key) sortBy(key, false);
      else if (!sorting.down) sortBy(key, true);
      else sortBy(null);
      change();
    });
  for (const [id, by] of [["back", -1], ["on", 1]])
    $(id).addEventListener("click", () => {
      page += by;
      current = null;
      show();
      table.scrollIntoView();
    });
  for (const one of document.querySelectorAll("[data-zoom]")) one.addEventListener("click", () => map.press(one.dataset.zoom));
  body.addEventListener("click", (event) => {
    const line = event.target.closest("tr[data-n]");
    if (line && !String(getSelection())) openRow(rows[line.dataset.n]);
  });
  body.addEventListener("focusin", (event) => event.target.dataset.n && mark(rows[event.target.dataset.n]));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, svg")) return;
    const inTable = body.contains(document.activeElement);
    const { open } = evidence.dialog;
    if (event.key === "j" || (event.key === "ArrowDown" && inTable)) step(fitting.includes(current) && (open || inTable) ? 1 : 0);
    else if (event.key === "k" || (event.key === "ArrowUp" && inTable)) step(-1);
    else if ((event.key === "Enter" || event.key === "o") && inTable && current) openRow(current);
    else return;
    event.preventDefault();
  });
  addEventListener("hashchange", () => goTo(location.hash));
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) update();
    width = innerWidth;
  });

  const option = (select, value, text) => select.append(new Option(text, value));
  const counted = (one) => `(${number(rows.filter(one).length)})`;
  const byNumber = (keys) => {
    const counts = new Map();
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return [...counts].sort(([a, n], [b, m]) => m - n || inWords.compare(a, b));
  };
  option(label, "", "every event");
  about.labels.forEach((name, i) => rows.some((row) => row.label === i) && option(label, i, `${short(name)} ${counted((row) => row.label === i)}`));
  option(country, "", "every country");
  for (const [code, n] of byNumber(rows.flatMap((row) => row.countries))) option(country, `in ${code}`, `${short(countryName(code))} (${number(n)})`);
  option(country, "none", `country not known ${counted((row) => !row.countries.length)}`);
  option(state, "", "every state");
  option(state, "incident", `actual incidents ${counted((row) => row.is_incident)}`);
  option(state, "apart", `all others ${counted((row) => !row.is_incident)}`);
  for (const name of about.attributes)
    for (const [value, n] of byNumber(raws.map((raw) => raw[name]).filter((one) => typeof one === "string")))
      option(state, `${name}\n${value}`, `${short(name)}: ${short(value)} (${number(n)})`);
  option(flag, "", "any flags");
  for (const [one, n] of byNumber(raws.flatMap((raw) => raw.flags ?? []))) option(flag, `is${one}`, `${short(one)} (${number(n)})`);
  flag.hidden = flag.options.length === 1;
  for (const one of [bar, $("charts"), $("rows-part")]) one.hidden = false;
  goTo(location.hash);
})();
