// Text, and marks in it, as nodes of the page: text never becomes markup.
const element = (name, className, ...children) => {
  const one = document.createElement(name);
  if (className) one.className = className;
  one.append(...children);
  return one;
};
const drawing = (name, attributes, ...children) => {
  const one = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
  one.append(...children);
  return one;
};
const INVISIBLE = /([\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff])/;
const plain = (text) =>
  text.split(INVISIBLE).map((piece, i) => {
    if (i % 2 === 0) return piece;
    const one = element("span", "invisible", piece);
    one.dataset.code = piece.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return one;
  });
const short = (text, most = 60) => {
  const letters = [...text.slice(0, 3 * most)];
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
};
const isolated = (text, most) => {
  const one = element("bdi", "", ...plain(short(text, most)));
  if (text.length > most) one.title = text.slice(0, 1000);
  return one;
};
const number = (n) => n.toLocaleString("en");

// Offsets in code points to offsets in UTF-16 units of one text.
const unitsOf = (text) => {
  if (!/[\ud800-\udfff]/.test(text)) return (offset) => offset;
  const at = [];
  let unit = 0;
  for (const character of text) {
    at.push(unit);
    unit += character.length;
  }
  at.push(unit);
  return (offset) => at[Math.min(offset, at.length - 1)];
};

// A text with its marks ({ start, end, name, colour, className, title } in UTF-16 units), the shortest drawn on top;
// ``prepare`` is given each piece and the marks over it.
const paint = (text, marks, prepare) => {
  const inOrder = [...marks].sort((a, b) => a.start - b.start);
  const borders = [...new Set([0, text.length, ...inOrder.flatMap((m) => [m.start, m.end])])].sort((a, b) => a - b);
  const pieces = document.createDocumentFragment();
  let [over, next] = [[], 0];
  for (let i = 0; i + 1 < borders.length; i++) {
    const [start, end] = [borders[i], borders[i + 1]];
    over = over.filter((m) => m.end > start);
    while (next < inOrder.length && inOrder[next].start <= start) over.push(inOrder[next++]);
    const piece = plain(text.slice(start, end));
    if (!over.length) {
      pieces.append(...piece);
      continue;
    }
    const top = over.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a));
    const mark = element("mark", top.className, ...piece);
    mark.style.setProperty("--c", top.colour);
    mark.title = over.map((m) => m.title ?? m.name).join("\n");
    const names = new Set(over.filter((m) => m.end === end).map((m) => m.name));
    for (const name of names) if (name) mark.append(element("small", "", name));
    prepare(mark, over);
    pieces.append(mark);
  }
  return pieces;
};
