// Adds up weight × value from the record and holds it against the record and the visible tables.
(() => {
  const mark = document.getElementById("arithmetic");
  const wrong = [];
  let count = 0;
  const compare = (label, printed, computed, most) => {
    if (!(Math.abs(Number(printed) - computed) <= most))
      wrong.push(`${label}: ${printed} ≠ ${computed && Number(computed.toPrecision(12))}`);
  };
  try {
    const record = JSON.parse(document.getElementById("record").textContent);
    const score = {};
    for (const [label, values] of Object.entries(record.values))
      score[label] = values.reduce((sum, value, n) => sum + value * record.indicators[n].weight, 0);
    for (const one of record.alternatives)
      compare(one.complex_id, one.score, score[one.complex_id], 1e-9);
    for (const table of document.querySelectorAll("table")) {
      const heads = [...table.querySelectorAll("thead th")].map((head) => head.dataset.column);
      const [name, place] = [heads.indexOf("complex_id"), heads.indexOf("score")];
      if (name < 0 || place < 0) continue;
      for (const { cells } of table.tBodies[0].rows) {
        const [label, printed] = [cells[name], cells[place]].map((cell) => cell.textContent.trim());
        const digits = printed.split(".")[1]?.length ?? 0;
        compare(label, printed, score[label], 0.5 * 10 ** -digits + 1e-9);
        count += 1;
      }
    }
  } catch (error) {
    wrong.push(String(error));
  }
  mark.textContent = wrong.length
    ? `${mark.dataset.differs} ${wrong.join("; ")}` : mark.dataset.agrees.replace("#", count);
  mark.classList.add(wrong.length ? "differs" : "agrees");
})();
