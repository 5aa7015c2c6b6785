// What folium does not draw by itself. Text from data comes as escaped HTML or goes in as text.
const drawn = (() => {
  "use strict";
  let places = [], words = {};
  const escaped = (text) => Object.assign(document.createElement("i"), { textContent: text }).innerHTML;
  const icon = (className, size, html) => L.divIcon({ className, html, iconSize: [size, size] });
  const card = { maxWidth: 320, maxHeight: 300, autoPanPaddingTopLeft: [8, 54] };  // clear of the search

  // Lines come in thousandths of a degree, each point as the step from the one before.
  const line = (steps) => {
    const points = [];
    for (let at = 0, north = 0, east = 0; at < steps.length; at += 2)
      points.push([(north += steps[at]) / 1000, (east += steps[at + 1]) / 1000]);
    return points;
  };
  const outline = (lines, style) =>
    (style.fill ? L.polygon : L.polyline)(lines.map(line), { interactive: false, ...style });

  const marks = (rows, legend) => {
    const group = L.featureGroup();
    rows.forEach(([number, label, size, style], order) => {
      const place = places[number];
      const mark = L.marker(place.at, { icon: icon("mark", size, `<b ${style}>${label}</b>`), zIndexOffset: -100 * order })
        .bindTooltip(escaped(place.name)).bindPopup(place.popup, card).addTo(group);
      (place.marks ??= []).push([mark, group]);
    });
    return Object.assign(group, { legend });
  };

  // Points closer than a finger become one, with the number of complexes they stand for.
  const clusters = (counties) => {
    const group = L.featureGroup(), FINGER = 52;
    const listed = ({ name, rows }) => {
      const lines = rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`);
      const heads = words.heads.map((head) => `<th scope="col">${escaped(head)}</th>`).join("");
      return `<b>${escaped(name)}</b><table><tr>${heads}</tr>${lines.join("")}</table><small>${words.national}</small>`;
    };
    const mark = (own, map) => {
      const count = own.reduce((sum, { rows }) => sum + rows.length, 0);
      const middle = L.latLngBounds(own.map(({ at }) => at));
      const name = own.length > 1 ? words.cluster.replace("#", count) : `${own[0].name}: ${count}`;
      const put = L.marker(own.length > 1 ? middle.getCenter() : own[0].at,
        { icon: icon("cluster", 22 + 4 * Math.log2(count), `<b>${count}</b>`) }).bindTooltip(escaped(name));
      if (own.length === 1) return put.bindPopup(() => listed(own[0]), card);
      return put.on("click keypress", ({ type, originalEvent }) => {
        if (type === "click" || originalEvent.key === "Enter") map.fitBounds(middle.pad(0.1));
      });
    };
    const gather = ({ target }) => {
      const map = target._map ?? target, cells = new Map();
      group.clearLayers();
      for (const county of counties) {
        const cell = `${map.project(county.at).divideBy(FINGER).round()}`;
        cells.set(cell, [...(cells.get(cell) ?? []), county]);
      }
      for (const own of cells.values()) mark(own, map).addTo(group);
    };
    return group.on("add", (event) => { gather(event); group._map.on("zoomend", gather); })
      .on("remove", () => group._map.off("zoomend", gather));
  };

  const search = (map, box) => {
    const field = box.querySelector("input"), said = box.querySelector("output");
    const open = (place) => {
      let shown = place.marks.find(([, group]) => map.hasLayer(group));
      if (!shown) map.addLayer((shown = place.marks[0])[1]);
      map.setView(place.at, 9.5, { animate: false });
      shown[0].openPopup();
    };
    const find = () => {
      const asked = field.value.trim().toLowerCase();
      if (!asked) return;
      const found = places.filter(({ said: own }) => own.toLowerCase().includes(asked));
      said.textContent = found.length > 1 ? words.several.replace("#", found.length) : found.length ? "" : words.none;
      if (found.length) open(found.find(({ id }) => id.toLowerCase() === asked) ?? found[0]);
    };
    field.addEventListener("keydown", ({ key }) => { if (key === "Enter") find(); });
    field.addEventListener("input", () => { if (places.some(({ said: own }) => own === field.value)) find(); });
    box.querySelector("button").addEventListener("click", find);
  };

  const speak = (map) => {
    L.control.zoom({ zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
    map.attributionControl.setPrefix(false);
    map.getContainer().setAttribute("aria-label", document.title);
    map.getContainer().setAttribute("role", "region");
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
    const name = ({ layer }) => {
      const said = document.createElement("i");
      said.innerHTML = layer.getTooltip?.()?.getContent() ?? "";
      const sign = layer.getElement?.();
      if (sign && said.textContent) sign.setAttribute("aria-label", `${sign.textContent} ${said.textContent}`.trim());
    };
    map.on("layeradd", name).eachLayer((layer) => name({ layer }));
    let before = null;
    map.on("popupopen", ({ popup }) => {
      const box = popup.getElement();
      box.querySelector(".leaflet-popup-close-button").setAttribute("aria-label", words.close);
      box.addEventListener("keydown", ({ key }) => { if (key === "Escape") map.closePopup(popup); });
      before = document.activeElement;
      Object.assign(box, { tabIndex: -1 }).focus({ preventScroll: true });
    }).on("popupclose", ({ popup }) => { if (popup.getElement()?.contains(document.activeElement)) before?.focus(); });
  };

  const finish = (map, control, bounds) => {
    speak(map);
    const layers = document.createElement("details"), switches = control.getContainer();
    layers.append(Object.assign(document.createElement("summary"), { textContent: words.layers }), ...switches.childNodes);
    switches.append(layers);
    const box = document.querySelector(".search"), legend = document.querySelector(".legend");
    if (box) search(map, box);
    map.on("baselayerchange", ({ layer }) => {
      for (const part of legend.querySelectorAll("[data-of]")) part.hidden = part.dataset.of !== layer.legend;
    });
    const far = () => map.getContainer().classList.toggle("far", map.getZoom() < 8.5);
    map.on("zoomend", far);
    // A frame has no size before it is laid out, and gets another when a phone is turned.
    let width = 0;
    const fit = () => {
      if (width !== innerWidth) { // open, the layers may hide a coast
        width = innerWidth;
        layers.open = width > 1000;
        legend.open = width > 600;
      }
      map.invalidateSize();
      if (!map.getContainer().querySelector(".leaflet-popup")) map.fitBounds(bounds);
      far();
    };
    // Nothing is observed in a frame that was never in sight, which paper shows all the same.
    addEventListener("load", () => { fit(); new ResizeObserver(fit).observe(map.getContainer()); });
  };

  const begin = (given) => ({ places, words } = given);
  return { begin, clusters, finish, marks, outline };
})();
