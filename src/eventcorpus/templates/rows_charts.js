// The timeline and the map of event rows. rows.js says which rows they show, and filters by what is clicked.
const DAY = 86_400_000;
const dayOf = (text) => Date.parse(`${text}T00:00Z`) / DAY;
const isoOf = (day) => new Date(day * DAY).toISOString().slice(0, 10);

const rowTimeline = ({ svg, about, labels, legend, unit: chosen, onDates, onLabel }) => {
  const HEIGHT = 150, LEFT = 34, BOTTOM = 20, TOP = 8;
  const firstOf = (year, month) => new Date(Date.UTC(2000, month, 1)).setUTCFullYear(year) / DAY;
  const partsOf = (day) => [new Date(day * DAY).getUTCFullYear(), new Date(day * DAY).getUTCMonth()];
  // of each unit: the first day of the one that a day is in, and of the next one
  const years = (step) => ({
    floor: (day) => firstOf(Math.floor(partsOf(day)[0] / step) * step, 0),
    next: (day) => firstOf(partsOf(day)[0] + step, 0),
    name: (day) => (step === 1 ? `${partsOf(day)[0]}` : `${partsOf(day)[0]} to ${partsOf(day)[0] + step - 1}`),
    plural: step === 1 ? "years" : `periods of ${step} years`,
  });
  const UNITS = {
    day: { floor: (day) => day, next: (day) => day + 1, name: isoOf, plural: "days" },
    week: {
      floor: (day) => day - ((((day + 3) % 7) + 7) % 7), // Monday: day 0, in 1970, was a Thursday
      next: (day) => day + 7,
      name: (day) => `${isoOf(day)} to ${isoOf(day + 6)}`,
      plural: "weeks",
    },
    month: {
      floor: (day) => firstOf(...partsOf(day)),
      next: (day) => firstOf(partsOf(day)[0] + (partsOf(day)[1] === 11), (partsOf(day)[1] + 1) % 12),
      name: (day) => isoOf(day).slice(0, -3),
      plural: "months",
    },
    year: years(1),
  };
  const LENGTH = { day: 1, week: 7, month: 30, year: 365 };
  const unitFor = (length) => {
    if (chosen.value && length / LENGTH[chosen.value] <= 400) return UNITS[chosen.value];
    const fitting = [["day", 70], ["week", 500], ["month", 4400], ["year", 47_000]].find(([, most]) => length <= most);
    return fitting ? UNITS[fitting[0]] : years(Math.ceil(length / 47_000) * 10);
  };
  let current = null; // the first day of the bar that the keyboard is at

  // Rows that fit all filters but the dates; ``from`` and ``to`` are the chosen days, which the line shows with some around.
  const show = (rows, from, to, label) => {
    const dated = rows.filter((row) => row.first !== null);
    let [low, high] = [Infinity, -Infinity];
    const isClosed = (row) => row.start && row.end;
    for (const row of dated.filter(isClosed)) [low, high] = [Math.min(low, row.first), Math.max(high, row.last)];
    if (from !== null || to !== null) {
      const [start, end] = [from ?? Math.min(low, to), to ?? Math.max(high, from)];
      const around = Math.max(0, Math.ceil((21 - (end - start)) / 2));
      [low, high] = [start - around, end + around];
    }
    const bars = new Map();
    const counts = about.labels.map(() => 0);
    let [longer, outside] = [0, 0];
    const unit = unitFor(high - low);
    for (const row of dated) {
      if (row.last < low || row.first > high) {
        outside++;
        continue;
      }
      const bar = isClosed(row) ? unit.floor(row.first) : null;
      if (bar === null || unit.floor(row.last) !== bar) {
        longer++;
        continue;
      }
      if (!bars.has(bar)) bars.set(bar, { n: 0, of: new Map() });
      bars.get(bar).n++;
      bars.get(bar).of.set(row.label, (bars.get(bar).of.get(row.label) ?? 0) + 1);
    }
    for (const row of rows) counts[row.label]++;
    draw(bars, unit, low, high, from, to);
    legend.replaceChildren(
      ...about.labels.map((name, i) => [name, i]).filter(([, i]) => counts[i] || label === i).map(([name, i]) => {
        const one = element("button", "swatch", element("i"), element("bdi", "", short(name, 40)), ` ${number(counts[i])}`);
        one.style.setProperty("--c", about.colours[i]);
        one.setAttribute("aria-pressed", label === i);
        one.addEventListener("click", () => onLabel(label === i ? null : i));
        return one;
      }),
    );
    const undated = rows.length - dated.length;
    const beside = [
      longer && `${number(longer)} open or over several ${unit.plural}`,
      undated && `${number(undated)} without a date`,
      outside && `${number(outside)} earlier or later`,
    ].filter(Boolean);
    labels.textContent = `${unit.plural}${beside.length ? `; not drawn: ${beside.join(", ")}` : ""}`;
  };
  const draw = (bars, unit, low, high, from, to) => {
    const width = Math.max(280, svg.parentElement.clientWidth);
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.replaceChildren();
    if (!bars.size) {
      svg.append(drawing("text", { x: width / 2, y: HEIGHT / 2, "text-anchor": "middle", class: "soft" }, "no dates to draw"));
      return;
    }
    const [begin, end] = [unit.floor(low), unit.next(unit.floor(high))];
    const x = (day) => LEFT + ((day - begin) / (end - begin)) * (width - LEFT - 4);
    const most = Math.max(...[...bars.values()].map((bar) => bar.n));
    const y = (n) => HEIGHT - BOTTOM - (n / most) * (HEIGHT - BOTTOM - TOP);
    for (const n of new Set([most, most > 3 ? Math.round(most / 2) : most])) {
      svg.append(drawing("path", { d: `M${LEFT} ${y(n)}H${width}`, class: "axis" }));
      svg.append(drawing("text", { x: LEFT - 5, y: y(n) + 4, "text-anchor": "end", class: "soft" }, number(n)));
    }
    svg.append(drawing("path", { d: `M${LEFT} ${y(0)}H${width}`, class: "axis" }));
    let free = LEFT - 1; // where the next name has room
    for (let day = begin; day < end; day = unit.next(day)) {
      if (x(day) < free || x(day) > width - 64) continue;
      const name = unit === UNITS.week ? isoOf(day) : unit.name(day).split(" ")[0];
      svg.append(drawing("path", { d: `M${x(day)} ${y(0)}v4`, class: "tick" }));
      svg.append(drawing("text", { x: x(day) + 2, y: HEIGHT - 5, class: "soft" }, name));
      free = x(day) + 84;
    }
    const order = [...bars.keys()].sort((a, b) => a - b);
    if (!bars.has(current)) current = order[0];
    for (const day of order) {
      const { n, of } = bars.get(day);
      const next = unit.next(day);
      const [left, wide] = [x(day), Math.max(1.5, x(next) - x(day) - (x(next) - x(day) > 4 ? 1 : 0))];
      const isChosen = (from === null || next > from) && (to === null || day <= to);
      const bar = drawing("g", { class: isChosen ? "bar" : "bar outside", role: "button", tabindex: day === current ? 0 : -1 });
      bar.dataset.day = day;
      bar.append(drawing("rect", { x: left, y: TOP, width: wide, height: HEIGHT - BOTTOM - TOP, class: "hit" }));
      let below = 0;
      const said = [];
      about.labels.forEach((name, i) => {
        const count = of.get(i);
        if (!count) return;
        bar.append(drawing("rect", { x: left, y: y(below + count), width: wide, height: y(below) - y(below + count), style: `--c:${about.colours[i]}`, class: "part" }));
        below += count;
        said.push(`${name} ${number(count)}`);
      });
      const words = `${unit.name(day)}: ${number(n)} (${said.join(", ")})`;
      bar.setAttribute("aria-label", words);
      bar.append(drawing("title", {}, words));
      bar.addEventListener("click", () => onDates(day, next - 1));
      svg.append(bar);
    }
  };
  svg.addEventListener("keydown", (event) => {
    const bars = [...svg.querySelectorAll(".bar")];
    const at = bars.indexOf(event.target);
    if (at < 0) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) {
      const next = bars[Math.min(Math.max(at + by, 0), bars.length - 1)];
      current = Number(next.dataset.day);
      bars.forEach((bar) => bar.setAttribute("tabindex", bar === next ? 0 : -1));
      next.focus();
    } else if (event.key === "Enter" || event.key === " ") event.target.dispatchEvent(new MouseEvent("click"));
    else return;
    event.preventDefault();
  });
  return { show };
};

const rowMap = ({ svg, about, towns, beside, onPlace, countryName }) => {
  const MOST_NAMES = 14;
  const d = [];
  const columns = 360 / towns.cell_degrees;
  let cell = 0;
  for (const step of towns.steps) {
    cell += step;
    const [row, column] = [Math.floor(cell / columns), cell % columns];
    d.push(`M${(column + 0.5) * towns.cell_degrees - 180} ${(row + 0.5) * towns.cell_degrees - 90}h0`);
  }
  const land = drawing("path", { d: d.join(""), class: "towns" });
  let [points, view, size, picked] = [[], null, [0, 0], null];
  const WORLD = { longitude: 10, latitude: 15, scale: 0 };

  const leastScale = () => Math.min(size[0] / 360, size[1] / 150);
  const measure = () => {
    const width = Math.max(280, svg.parentElement.clientWidth);
    size = [width, Math.round(Math.min(Math.max(width * 0.5, 220), 340))];
    svg.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
  };
  const fit = () => {
    if (!points.length) return { ...WORLD, scale: leastScale() };
    const of = (i) => points.map(([place]) => about.places[place][i]);
    const [south, north] = [Math.min(...of(2)), Math.max(...of(2))];
    const [west, east] = [Math.min(...of(3)), Math.max(...of(3))];
    const latitude = (south + north) / 2;
    const wide = Math.max((east - west) * Math.cos((latitude * Math.PI) / 180), 3);
    const scale = Math.min((size[0] - 70) / wide, (size[1] - 50) / Math.max(north - south, 2));
    return { longitude: (west + east) / 2, latitude, scale: Math.max(scale, leastScale()) };
  };
  const draw = () => {
    const { longitude, latitude, scale } = view;
    const across = scale * Math.max(0.3, Math.cos((latitude * Math.PI) / 180));
    const x = (degrees) => (degrees - longitude) * across + size[0] / 2;
    const y = (degrees) => (latitude - degrees) * scale + size[1] / 2;
    const step = [0.5, 1, 2, 5, 10, 30].find((one) => one * across > 70) ?? 60;
    const grid = drawing("g", { class: "grid" });
    const from = Math.max(-180, Math.ceil((longitude - size[0] / 2 / across) / step) * step);
    for (let at = from; at <= 180 && x(at) < size[0]; at += step) {
      grid.append(drawing("path", { d: `M${x(at)} 0V${size[1]}`, class: "axis" }));
      if (x(at) > 14 && x(at) < size[0] - 14) grid.append(drawing("text", { x: x(at), y: size[1] - 4, "text-anchor": "middle", class: "soft" }, degrees(at, "E", "W")));
    }
    for (let at = Math.max(-90, Math.ceil((latitude - size[1] / 2 / scale) / step) * step); at <= 90 && y(at) > 0; at += step) {
      grid.append(drawing("path", { d: `M0 ${y(at)}H${size[0]}`, class: "axis" }));
      if (y(at) > 14 && y(at) < size[1] - 20) grid.append(drawing("text", { x: 4, y: y(at) - 3, class: "soft" }, degrees(at, "N", "S")));
    }
    land.setAttribute("transform", `matrix(${across} 0 0 ${scale} ${x(0)} ${y(0)})`);
    land.style.strokeWidth = Math.min(Math.max(1.1, scale * 0.12), 3.4);
    const circles = drawing("g", {});
    const names = drawing("g", {});
    const taken = [];
    for (const [place, n, incidents] of points) {
      const [name, country, lat, lon, precision] = about.places[place];
      const [cx, cy, r] = [x(lon), y(lat), Math.min(22, 3 + 1.5 * Math.sqrt(n))];
      if (cx < -r || cy < -r || cx > size[0] + r || cy > size[1] + r) continue;
      const state = `${incidents ? "" : " apart"}${precision > 1 ? " near" : ""}${picked === place ? " picked" : ""}`;
      const circle = drawing("circle", { cx, cy, r, class: `place${state}` });
      circle.append(drawing("title", {}, `${name}${country ? `, ${countryName(country)}` : ""}: ${number(n)}${precision > 1 ? " (thereabouts)" : ""}`));
      circle.addEventListener("click", () => onPlace(place));
      circles.append(circle);
      const wide = 7.4 * Math.min(name.length, 24);
      const label = { left: cx + r + 3 + wide < size[0] ? cx + r + 3 : cx - r - 3 - wide, y: cy + 4, width: wide };
      const isFree = !taken.some((o) => Math.abs(o.y - label.y) < 13 && o.left < label.left + label.width && label.left < o.left + o.width);
      if (names.childElementCount < MOST_NAMES && isFree && label.left > 0) {
        names.append(drawing("text", { x: label.left, y: label.y, class: "name" }, short(name, 24)));
        taken.push(label);
      }
    }
    svg.replaceChildren(land, grid, circles, names);
  };
  const degrees = (at, positive, negative) => `${Math.abs(at)}°${at > 0 ? positive : at < 0 ? negative : ""}`;

  // Rows that fit all filters but the place.
  const show = (rows, place, isRefitted) => {
    const [all, incidents, without] = [new Map(), new Map(), { area: 0, unlisted: 0, none: 0 }];
    for (const row of rows) {
      if (typeof row.place === "string") without[row.place]++;
      else {
        all.set(row.place, (all.get(row.place) ?? 0) + 1);
        if (row.is_incident) incidents.set(row.place, (incidents.get(row.place) ?? 0) + 1);
      }
    }
    points = [...all].map(([one, n]) => [one, n, incidents.get(one) ?? 0]).sort((a, b) => b[1] - a[1]);
    picked = place;
    measure();
    if (isRefitted || !view) view = fit();
    draw();
    const entry = (value, n, ...name) => {
      const one = element("button", "entry", element("span", "", ...name), element("b", "", number(n)));
      one.setAttribute("aria-pressed", place === value);
      one.addEventListener("click", () => onPlace(value));
      return element("li", "", one);
    };
    const shown = points.slice(0, 7);
    if (typeof place === "number" && all.has(place) && !shown.some(([one]) => one === place)) shown.push([place, all.get(place)]);
    const rest = points.length - shown.length;
    beside.replaceChildren(
      ...shown.map(([one, n]) => {
        const [name, country] = about.places[one];
        return entry(one, n, isolated(name, 30), country ? element("span", "soft", ` ${short(countryName(country), 24)}`) : "");
      }),
      ...(rest > 0 ? [element("li", "soft", `${number(rest)} more places`)] : []),
      ...[["area", "no point: a country, province or sea"], ["unlisted", "no point: not in the gazetteer"], ["none", "no place told"]]
        .filter(([key]) => without[key] || place === key)
        .map(([key, name]) => entry(key, without[key], name)),
    );
  };
  const zoom = (by) => {
    view.scale = Math.min(Math.max(view.scale * by, leastScale()), 400);
    draw();
  };
  const move = (dx, dy) => {
    const across = view.scale * Math.max(0.3, Math.cos((view.latitude * Math.PI) / 180));
    view.longitude = Math.min(Math.max(view.longitude + dx / across, -180), 180);
    view.latitude = Math.min(Math.max(view.latitude - dy / view.scale, -80), 80);
    draw();
  };
  const buttons = { in: () => zoom(1.6), out: () => zoom(1 / 1.6), fit: () => ((view = fit()), draw()), world: () => ((view = { ...WORLD, scale: leastScale() }), draw()) };
  svg.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: [-40, 0], ArrowRight: [40, 0], ArrowUp: [0, -40], ArrowDown: [0, 40] }[event.key];
    if (way) move(...way);
    else if (event.key === "+" || event.key === "=") zoom(1.6);
    else if (event.key === "-") zoom(1 / 1.6);
    else return;
    event.preventDefault();
  });
  let held = null;
  svg.addEventListener("pointerdown", (event) => (held = [event.clientX, event.clientY]));
  addEventListener("pointerup", () => (held = null));
  svg.addEventListener("pointermove", (event) => {
    if (!held || event.pointerType === "touch") return; // a finger scrolls the page
    if (Math.hypot(held[0] - event.clientX, held[1] - event.clientY) < 4) return; // a click may shake
    move(held[0] - event.clientX, held[1] - event.clientY);
    held = [event.clientX, event.clientY];
  });
  return { show, press: (name) => buttons[name]() };
};
