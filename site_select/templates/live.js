(() => {
  const board = document.currentScript.closest(".board"), find = (what) => board.querySelector(what);
  const {spec, worlds, keys, head} = JSON.parse(find("script").textContent);
  const number = document.querySelectorAll(".board").length;  // a page may have several
  const percent = (share, digits) => (100 * share).toFixed(digits) + "%";
  // What is known is added up once per complex, what varies once per world.
  const known = spec.data[0].values.map((row) => [...row.v]);
  worlds.rows.forEach((row, cell) => { known[row][worlds.columns[cell]] = 0; });
  const steps = Uint8Array.from(atob(worlds.steps), (sign) => sign.charCodeAt(0)), count = worlds.count;
  const firstShares = (weights) => {
    const sum = known.map((row) => row.reduce((total, value, index) => total + value * weights[index], 0));
    const scores = sum.map((score) => new Float64Array(count).fill(score));
    worlds.rows.forEach((row, cell) => {
      const weight = weights[worlds.columns[cell]] / 255, own = scores[row], start = cell * count;
      for (let world = 0; world < count; world++) own[world] += weight * steps[start + world];
    });
    const shares = sum.map(() => 0);
    for (let world = 0; world < count; world++) {
      const most = scores.reduce((best, own) => Math.max(best, own[world]), 0) - 1e-12;
      const tied = scores.reduce((found, own) => found + (own[world] >= most), 0);
      scores.forEach((own, row) => { if (own[world] >= most) shares[row] += 1 / tied / count; });
    }
    return shares;
  };
  addEventListener("DOMContentLoaded", async () => {
    const inputs = [...board.querySelectorAll("input")];
    for (const signal of spec.signals) {
      if (signal.bind) signal.bind.element = "#" + (find(`[name=${signal.name}]`).id = `live-${number}-${signal.name}`);
      if (signal.name === "first") signal.update = `firstShares${number}(weights)`;
    }
    vega.expressionFunction(`firstShares${number}`, firstShares);
    const options = {mode: "vega", ast: true, renderer: "svg", actions: false, tooltip: false, defaultStyle: false};
    const {view} = await vegaEmbed(find(".chart"), spec, options);
    const show = () => {
      const weights = view.signal("weights"), shares = {c: view.signal("byCriterion"), i: view.signal("within")};
      for (const input of inputs) {
        const said = percent(shares[input.name[0]][input.name.slice(1)], 1);
        input.closest("p").querySelector("output").textContent = said;
        input.setAttribute("aria-valuetext", said);
      }
      const rows = [...view.data("complexes")].sort((one, other) => one.place - other.place);
      find(".leader .name").textContent = rows[0].name;
      find(".leader .share").textContent = percent(rows[0].first, 0);
      board.querySelectorAll("tbody tr").forEach((line, index) => {
        const {rank, name, score, first} = rows[index];
        [rank, name, score.toFixed(3), percent(first, 0)].forEach((said, cell) => { line.children[cell].textContent = said; });
      });
      const record = JSON.parse(document.getElementById("record")?.textContent || "{}");
      const written = (weight) => Number.isInteger(weight) ? weight.toFixed(1) : String(weight);
      find("textarea").value = [head + (record.manifest ? `, manifest ${record.manifest}` : ""), "[weights]",
        ...keys.map((key, index) => `${key} = ${written(weights[index])}`), ""].join("\n");
    };
    view.addDataListener("complexes", show);
    show();
    find(".restore").addEventListener("click", () => {
      for (const input of inputs) { input.value = input.defaultValue; input.dispatchEvent(new Event("input")); }
    });
    find(".copy button").addEventListener("click", () => {
      find("textarea").select();
      document.execCommand("copy");
      find(".copy output").textContent = find(".copy output").dataset.done;
    });
    // Paper is narrower than a screen: there the letters must not shrink.
    const sized = (width) => () => view.width(width ?? find(".chart").clientWidth).run();
    addEventListener("beforeprint", sized(650));
    addEventListener("afterprint", sized());
    board.view = view;
  });
})();
