// Arrows between marks of a text, from triggers to their arguments, with names that do not hide each other. Needs marks.js.
const arrowCanvas = () => drawing("svg", { class: "links", "aria-hidden": "true" });
const areLevel = (from, to) => Math.abs(from.top - to.top) < 8;
const placeOfMark = (mark, box) => {
  const { left, right, top, bottom } = mark.getClientRects()[0] ?? mark.getBoundingClientRect();
  return { x: (left + right) / 2 - box.left, top: top - box.top, bottom: bottom - box.top };
};
const drawArrow = (canvas, from, to, state, n) => {
  const x = to.x + (n % 2 ? 5 : 0); // two roles of one argument do not hide each other
  const isLevel = areLevel(from, to);
  const up = !isLevel && to.top < from.top;
  const [y1, y2] = isLevel ? [from.top, to.top] : up ? [from.top, to.bottom] : [from.bottom, to.top];
  const bend = isLevel
    ? [14, 24, 29][Math.min(n, 2)] // further ones pass over the names of nearer ones
    : Math.max(14, Math.abs(y2 - y1) / 2);
  const [c1, c2] = isLevel ? [y1 - bend, y2 - bend] : up ? [y1 - bend, y2 + bend] : [y1 + bend, y2 - bend];
  const d = up ? 6 : -6; // from the point of the arrow back to the end of its line
  const path = `M${from.x},${y1}C${from.x},${c1} ${x},${c2} ${x},${y2 + d}`;
  const head = `M${x},${y2}l-4,${d * 1.2}h8z`;
  canvas.append(drawing("path", { d: path, class: "halo" }), drawing("path", { d: path, class: `link ${state}` }));
  canvas.append(drawing("path", { d: head, class: `head ${state}` }));
  return { x, y: up ? y2 + 12 : y2 - 4, toRight: x >= from.x };
};

// Draws groups of arrows { from, to, name, state } between marks of ``scope``; those of one group bend ever further.
const drawArrows = (canvas, scope, groups) => {
  canvas.replaceChildren();
  scope.append(canvas);
  const box = scope.getBoundingClientRect();
  const drawn = groups.flatMap((group) => {
    const placed = group.map((one) => [one, placeOfMark(one.from, box), placeOfMark(one.to, box)]);
    placed.sort(([, a, b], [, c, d]) => Math.abs(a.x - b.x) - Math.abs(c.x - d.x));
    const [level, others] = [true, false].map((is) => placed.filter(([, from, to]) => areLevel(from, to) === is));
    return [level, others].flatMap((some) => some.map(([one, from, to], n) => [one, drawArrow(canvas, from, to, one.state, n)]));
  });
  const taken = [];
  for (const [one, place] of drawn) {
    const label = drawing("text", { y: place.y, class: `name ${one.state}` });
    label.textContent = one.name.length > 24 ? `${one.name.slice(0, 23)}…` : one.name;
    canvas.append(label);
    const width = label.getComputedTextLength();
    const right = place.toRight ? place.x + 6 : place.x - 6 - width;
    const at = { left: Math.min(Math.max(right, 0), Math.max(box.width - width, 0)), y: place.y, width };
    while (taken.some((o) => Math.abs(o.y - at.y) < 11 && o.left < at.left + at.width && at.left < o.left + o.width)) at.y -= 11;
    taken.push(at);
    label.setAttribute("x", at.left);
    label.setAttribute("y", at.y);
  }
};
