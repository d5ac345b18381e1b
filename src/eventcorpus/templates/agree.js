(() => {
  const AT_ONCE = 50;
  const groups = [...document.querySelectorAll("details.group")];
  const [bar, kind, label, found, more] = ["filter", "kind", "label", "found", "more"].map((id) => document.getElementById(id));
  let limit = AT_ONCE;
  const draw = () => {
    let fitting = 0;
    let settled = 0;
    for (const group of groups) {
      const fits =
        (!kind.value || group.dataset.kind === kind.value) &&
        (!label.value || group.dataset.labels.split(" ").includes(label.value));
      fitting += fits ? 1 : 0;
      settled += fits ? Number(group.dataset.settles) : 0;
      group.hidden = !fits || fitting > limit;
    }
    found.textContent = `${settled} disagreements in ${fitting} groups`;
    more.hidden = fitting <= limit;
  };
  const again = () => {
    limit = AT_ONCE;
    draw();
  };
  kind.addEventListener("change", again);
  label.addEventListener("change", again);
  more.addEventListener("click", () => {
    limit += AT_ONCE;
    draw();
  });
  bar.hidden = false;
  again(); // a browser keeps the choice when a page is loaded again
})();
