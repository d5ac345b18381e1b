// The page of the service: whoever points at a trigger or goes to it sees arrows to its arguments. Needs marks.js and arrows.js.
(() => {
  const scope = document.getElementById("read");
  if (!scope) return;
  const arrowsOf = new Map();
  for (const [trigger, argument, name] of JSON.parse(document.getElementById("roles").textContent)) {
    const [from, to] = [trigger, argument].map((id) => document.getElementById(id));
    arrowsOf.set(from, [...(arrowsOf.get(from) ?? []), { from, to, name, state: "found" }]);
  }
  for (const mark of arrowsOf.keys()) {
    mark.tabIndex = 0;
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-pressed", "false");
    mark.setAttribute("aria-describedby", `about-${mark.id}`);
  }
  const canvas = arrowCanvas();
  let active = null;
  const show = (mark) => {
    active?.setAttribute("aria-pressed", "false");
    active = mark;
    active?.setAttribute("aria-pressed", "true");
    draw();
  };
  const draw = () => (active ? drawArrows(canvas, scope, [arrowsOf.get(active)]) : canvas.remove());
  const point = (event) => {
    const mark = event.target.closest?.("mark");
    if (arrowsOf.has(mark) && mark !== active) show(mark);
  };
  document.addEventListener("pointerover", (event) => event.pointerType === "mouse" && point(event));
  document.addEventListener("focusin", point);
  document.addEventListener("click", point);
  document.addEventListener("keydown", (event) => event.key === "Escape" && show(null));
  new ResizeObserver(draw).observe(scope);
  document.getElementById("mentions").scrollIntoView();
})();
