(() => {
  // tables: a click on a header sorts by it, a second click the other way round; rows without a figure stay last
  const key = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value ?? cell.textContent.trim();
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      if (!head.textContent.trim()) return;
      const button = document.createElement("button");
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const words = head.classList.contains("text");
        const down = head.ariaSort ? head.ariaSort !== "descending" : !words;
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const body = table.tBodies[0];
        const number = (row) => (key(row, column) === "" ? NaN : Number(key(row, column)));
        const rows = [...body.rows].sort((a, b) => {
          if (words) return key(a, column).localeCompare(key(b, column)) * (down ? -1 : 1);
          const [x, y] = [number(a), number(b)];
          if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
          return down ? y - x : x - y;
        });
        body.append(...rows);
      });
    });
  }
  const chooser = document.getElementById("curve");
  if (chooser) {
    const choose = () => {
      for (const line of document.querySelectorAll(".curve[data-label]")) {
        line.classList.toggle("bold", line.dataset.label === chooser.value);
        if (line.dataset.label === chooser.value) line.parentNode.append(line); // drawn last, so on top
      }
      for (const row of document.querySelectorAll("[data-of]")) row.hidden = row.dataset.of !== chooser.value;
    };
    chooser.addEventListener("change", choose);
    chooser.parentNode.hidden = false;
    choose();
  }
})();
