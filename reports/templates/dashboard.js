"use strict";
(() => {
  const NAMES = { p: "passed", w: "warned", f: "failed", x: "crashed", t: "timed out", n: "did not run", a: "not applicable", ".": "absent" };
  const HEIGHTS = { p: 8, w: 15, f: 26, x: 26, t: 26, n: 3, a: 3 };
  const data = JSON.parse(document.getElementById("data").textContent);
  const root = document.body.dataset.root;
  const tip = document.getElementById("tip");
  const count = data.nights.length;

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const vector = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const plural = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const shown = (value) => value === null || value === undefined ? "none" : value.toLocaleString("en", { maximumSignificantDigits: Math.abs(value) >= 1000 ? 12 : 5 });

  function showTip(event, text) {
    tip.textContent = text;
    tip.hidden = false;
    const left = Math.min(event.pageX + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = `${Math.max(left, 8)}px`;
    tip.style.top = `${event.pageY + 18}px`;
  }
  const hideTip = () => { tip.hidden = true; };

  // --- strips: a path for each kind of outcome, so that 200 strips of 400 nights stay light ---
  function bars(strip, height, width) {
    const paths = {};
    const gap = strip.length < width / 3 ? 0.15 : 0;
    for (let at = 0; at < strip.length;) {
      const kind = strip[at];
      let end = at + 1;
      if (!gap) while (strip[end] === kind) end += 1;
      if (kind !== ".") {
        const high = HEIGHTS[kind] / 26 * height;
        paths[kind] = (paths[kind] || "") + `M${at + gap / 2} ${height}V${height - high}H${end - gap / 2}V${height}z`;
      }
      at = end;
    }
    return Object.entries(paths).map(([kind, d]) => vector("path", { d, class: `k-${kind}` }));
  }

  function words(strip) {
    const runs = [];
    for (const kind of strip) if (runs.length && runs[runs.length - 1][0] === kind) runs[runs.length - 1][1] += 1; else runs.push([kind, 1]);
    const told = runs.slice(-4).map(([kind, number]) => `${NAMES[kind]} ${plural(number, "night")}`).join(", then ");
    return (runs.length > 4 ? "earlier changes, then " : "") + told;
  }

  function drawStrip(holder) {
    const strip = holder.dataset.strip;
    const svg = vector("svg", { class: "bars-strip", viewBox: `0 0 ${strip.length} 26`, preserveAspectRatio: "none", role: "img", "aria-label": words(strip) }, ...bars(strip, 26, 400));
    const from = count - strip.length;
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const at = Math.min(strip.length - 1, Math.max(0, Math.floor((event.clientX - box.left) / box.width * strip.length)));
      showTip(event, `${data.nights[from + at]}: ${NAMES[strip[at]]}`);
    });
    svg.addEventListener("pointerleave", hideTip);
    holder.replaceChildren(svg);
  }

  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); drawStrip(entry.target); }
  }, { rootMargin: "300px" });
  document.querySelectorAll(".strip").forEach((holder) => { holder.style.minHeight = "26px"; seen.observe(holder); });

  // --- the filter, which stands in the address ---
  const field = document.getElementById("filter");
  function address() {
    return new URLSearchParams(location.hash.slice(1));
  }
  function setAddress(name, value) {
    const all = address();
    for (const key of [...all.keys()]) if (!["q", "night"].includes(key)) all.delete(key);
    if (value) all.set(name, value); else all.delete(name);
    const text = all.toString();
    history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
  }
  if (field) {
    field.form.hidden = false;
    const rows = [...document.querySelectorAll(".series tbody tr")].map((row) => ({ row, text: row.textContent.toLowerCase() }));
    const matches = document.getElementById("matches");
    const fits = (one, term) => {
      const left = term.startsWith("-") && term.length > 1;
      const word = left ? term.slice(1) : term;
      const [key, value] = word.includes(":") ? [word.slice(0, word.indexOf(":")), word.slice(word.indexOf(":") + 1)] : ["", word];
      let found;
      if (key === "outcome") found = one.row.dataset.outcome === value;
      else if (key === "rule") found = one.row.dataset.rules.toLowerCase().split(" ").includes(value);
      else if (key === "is") found = one.row.dataset.flags.split(" ").includes(value);
      else found = one.text.includes(word);
      return found !== left;
    };
    const apply = () => {
      const terms = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let number = 0;
      for (const one of rows) {
        const fit = terms.every((term) => fits(one, term));
        one.row.hidden = !fit;
        number += fit;
      }
      matches.textContent = terms.length ? `${plural(number, "case")} of ${rows.length.toLocaleString("en")}` : "";
    };
    const fromAddress = () => {
      const asked = address().get("q");
      if (asked === null && location.hash && !location.hash.includes("=")) return;
      field.value = asked || "";
      apply();
      if (asked !== null) field.closest("section, main").scrollIntoView();
    };
    field.form.addEventListener("submit", (event) => event.preventDefault());
    field.addEventListener("input", () => { apply(); setAddress("q", field.value.trim()); });
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && document.activeElement !== field && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); field.focus(); }
      if (event.key === "Escape" && document.activeElement === field) { field.value = ""; apply(); setAddress("q", ""); }
    });
    addEventListener("hashchange", fromAddress);
    fromAddress();
  }

  // --- the first page's plot of all cases: one cursor over both panels, and the same as a table ---
  const overview = document.getElementById("night-plot");
  if (overview) {
    const svgs = [...overview.querySelectorAll(".panel svg")];
    const told = document.getElementById("night-reading");
    const kinds = Object.keys(NAMES).filter((kind) => data.totals[kind]);
    const spoken = (night) => `${data.nights[night]}: ${kinds.filter((kind) => data.totals[kind][night]).map((kind) => `${data.totals[kind][night].toLocaleString("en")} ${NAMES[kind]}`).join(", ") || "no case"}${(data.worse[night] || []).map((text) => ` · worse: ${text}`).join("")}`;
    let place = count - 1;
    const go = (night) => {
      place = Math.min(count - 1, Math.max(0, night));
      for (const svg of svgs) {
        const cursor = svg.querySelector(".cursor");
        cursor.setAttribute("x1", place + 0.5);
        cursor.setAttribute("x2", place + 0.5);
        cursor.setAttribute("visibility", "visible");
      }
      told.textContent = spoken(place);
    };
    const visit = () => { if (data.links[place]) location.href = root + data.links[place]; else told.textContent = `${data.nights[place]}: its run's page is not kept`; };
    for (const svg of svgs) {
      svg.querySelector("title").remove(); // the browser's own tooltip would cover ours; the label says the same
      svg.addEventListener("pointermove", (event) => {
        const box = svg.getBoundingClientRect();
        go(Math.floor((event.clientX - box.left) / box.width * count));
        showTip(event, spoken(place).replace(": ", "\n").replaceAll(" · ", "\n"));
      });
      svg.addEventListener("pointerleave", hideTip);
      svg.addEventListener("click", visit);
    }
    overview.setAttribute("tabindex", "0");
    overview.setAttribute("role", "application");
    overview.setAttribute("aria-roledescription", "timeline");
    overview.addEventListener("keydown", (event) => {
      const far = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -count, End: count }[event.key];
      if (far) go(place + far); else if (event.key === "Enter") visit(); else return;
      event.preventDefault();
      if (far) setAddress("night", data.nights[place]);
    });
    const linked = () => { const night = data.nights.lastIndexOf(address().get("night")); if (night >= 0) go(night); };
    addEventListener("hashchange", linked);
    linked();
    const sheet = document.getElementById("night-table");
    sheet.addEventListener("toggle", () => {
      const into = sheet.querySelector(".scroll");
      if (!sheet.open || into.children.length) return;
      const head = make("tr", {}, ...["night", ...kinds.map((kind) => NAMES[kind])].map((name) => make("th", { scope: "col" }, name)));
      const body = make("tbody", {});
      for (let night = count - 1; night >= 0; night -= 1) {
        const date = data.links[night] ? make("a", { href: root + data.links[night] }, data.nights[night]) : data.nights[night];
        body.append(make("tr", {}, make("th", { scope: "row" }, date), ...kinds.map((kind) => make("td", { "data-label": `${NAMES[kind]}: ` }, data.totals[kind][night].toLocaleString("en")))));
      }
      into.append(make("table", { class: "list" }, make("thead", {}, head), body));
    });
  }

  // --- a case's page: aligned plots with one cursor over all of them ---
  const holder = document.getElementById("plots");
  if (!holder) return;
  const LEFT = 58, RIGHT = 10, WIDE = Math.max(320, Math.min(1500, holder.clientWidth - 24));
  const inner = WIDE - LEFT - RIGHT;
  const x = (night) => LEFT + (night + 0.5) / count * inner;
  const cursors = [];
  const readings = [];
  let at = count - 1;

  function axis(height) {
    const step = Math.max(1, Math.ceil(count / Math.max(2, Math.floor(inner / 95))));
    const ticks = [];
    for (let night = count - 1; night >= 0; night -= step) ticks.push(night);
    return ticks.flatMap((night) => [
      vector("line", { class: "rule", x1: x(night), x2: x(night), y1: height, y2: height + 4 }),
      vector("text", { x: x(night), y: height + 15, "text-anchor": night === count - 1 && count > 1 ? "end" : "middle" }, data.nights[night]),
    ]);
  }
  function moves(height) {
    return data.marks.map((mark) => vector("line", { class: "move", x1: LEFT + mark.night / count * inner, x2: LEFT + mark.night / count * inner, y1: 0, y2: height }));
  }
  function flags(names) {
    return data.steps.filter((step) => names(step.name)).map((step) => vector("path", { class: step.worse ? "flag worse" : "flag", d: step.worse ? `M${x(step.night)} 0l5 8h-10z` : `M${x(step.night)} 4m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0` }, vector("title", {}, `${data.nights[step.night]}: ${step.text}`)));
  }
  function figure(title, height, parts, label, now) {
    const cursor = vector("line", { class: "cursor", y1: 0, y2: height, visibility: "hidden" });
    cursors.push(cursor);
    const svg = vector("svg", { viewBox: `0 0 ${WIDE} ${height + 20}`, role: "img", "aria-label": label }, ...parts, ...axis(height), cursor);
    svg.addEventListener("pointermove", (event) => {
      const box = svg.getBoundingClientRect();
      const place = ((event.clientX - box.left) / box.width * WIDE - LEFT) / inner * count;
      move(Math.floor(place));
      showTip(event, reading(at, true));
    });
    svg.addEventListener("pointerleave", hideTip);
    svg.addEventListener("click", open);
    readings.push(now);
    return make("figure", { class: "plot" }, make("figcaption", {}, ...title, now.element), svg);
  }
  const changes = (night) => [...data.marks.filter((mark) => mark.night === night).map((mark) => `changed: ${mark.text}`), ...data.steps.filter((step) => step.night === night).map((step) => `${step.worse ? "worse" : "step"}: ${step.text}`)];
  function reading(night, lines) {
    const parts = [`${data.nights[night]}: ${NAMES[data.strip[night]]}`];
    if (data.cell[night] !== null) parts.push(data.cells[data.cell[night]]);
    if (data.reason[night]) parts.push(data.reason[night]);
    parts.push(...changes(night));
    return parts.join(lines ? "\n" : " · ");
  }
  const spoken = document.getElementById("reading");
  function move(night) {
    at = Math.min(count - 1, Math.max(0, night));
    for (const cursor of cursors) {
      cursor.setAttribute("x1", x(at));
      cursor.setAttribute("x2", x(at));
      cursor.setAttribute("visibility", "visible");
    }
    for (const now of readings) now.element.textContent = now.text(at);
    spoken.textContent = reading(at, false);
  }
  function open() {
    const link = data.links[at];
    if (link && data.cell[at] !== null) location.href = `${root}${link}#${encodeURIComponent(data.cells[data.cell[at]])}::${encodeURIComponent(data.case)}`;
    else spoken.textContent = `${data.nights[at]}: its evidence is not kept`;
  }
  function keys(event) {
    const far = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (far) move(at + far);
    else if (event.key === "Home") move(0);
    else if (event.key === "End") move(count - 1);
    else if (event.key === "Enter") open();
    else return;
    event.preventDefault();
    setAddress("night", data.nights[at]);
  }

  function outcomes() {
    const height = 46;
    const drawn = vector("g", { transform: `translate(${LEFT} 14) scale(${inner / count} 1)` }, ...bars(data.strip, height - 14, inner));
    const names = data.marks.map((mark) => {
      const release = / → (\S+?)(?:;|$)/.exec(mark.text.startsWith("release") ? mark.text : "");
      return release ? vector("text", { x: LEFT + mark.night / count * inner + 4, y: 9 }, release[1]) : "";
    }).filter(Boolean);
    const kinds = [...new Set(data.strip)].filter((kind) => kind !== ".");
    const now = { element: make("span", { class: "now" }), text: (night) => NAMES[data.strip[night]] };
    const made = figure([make("b", {}, "Outcome"), make("span", { class: "soft" }, kinds.map((kind) => NAMES[kind]).join(", "))], height, [...moves(height), drawn, ...names, ...flags((name) => name === "outcome" || !data.plots.some((plot) => plot.name === name))], `Outcomes: ${words(data.strip)}`, now);
    const svg = made.querySelector("svg");
    svg.setAttribute("tabindex", "0");
    svg.setAttribute("role", "application");
    svg.setAttribute("aria-roledescription", "timeline");
    svg.addEventListener("keydown", keys);
    return made;
  }

  function plot(one) {
    const height = 84, top = 10;
    const known = one.values.filter((value) => value !== null);
    let low = Math.min(...known), high = Math.max(...known);
    if (low === high) { low -= Math.abs(low) * 0.5 || 1; high += Math.abs(high) * 0.5 || 1; }
    const pad = (high - low) * 0.08;
    const y = (value) => top + (high + pad - value) / (high - low + 2 * pad) * (height - top);
    let path = "", pen = false, last = null;
    const dots = [];
    one.values.forEach((value, night) => {
      if (value === null) { pen = false; return; }
      path += one.family === "count" && pen ? `H${x(night - 0.5)}V${y(value)}H${x(night)}` : `${pen ? "L" : "M"}${x(night).toFixed(1)} ${y(value).toFixed(1)}`;
      if (!pen && (one.values[night + 1] === null || night === count - 1) || count <= 62) dots.push(vector("circle", { class: "dot", cx: x(night), cy: y(value), r: 2.2 }));
      pen = true;
      last = value;
    });
    const better = { lower: "lower is better", higher: "higher is better", none: "" }[one.sense];
    const scale = [low, high].map((value) => vector("text", { x: LEFT - 6, y: y(value) + 3.5, "text-anchor": "end" }, short(value)));
    const grid = [low, high].map((value) => vector("line", { class: "rule", x1: LEFT, x2: WIDE - RIGHT, y1: y(value), y2: y(value) }));
    const now = { element: make("span", { class: "now" }), text: (night) => shown(one.values[night]) };
    const label = `${one.name}: from ${shown(low)} to ${shown(high)}, last ${shown(last)}${better ? `, ${better}` : ""}`;
    return figure([make("b", {}, one.name), make("span", { class: "soft" }, [one.family, better].filter(Boolean).join(", "))], height, [...grid, ...scale, ...moves(height), vector("path", { class: "line", d: path }), ...dots, ...flags((name) => name === one.name)], label, now);
  }
  function short(value) {
    const size = Math.abs(value);
    for (const [unit, letter] of [[1e9, "G"], [1e6, "M"], [1e4, "k"]]) if (size >= unit) return `${+(value / (letter === "k" ? 1e3 : unit)).toPrecision(3)}${letter}`;
    return `${+value.toPrecision(3)}`;
  }

  holder.append(outcomes());
  const key = [];
  if (data.marks.length) key.push("┆ release, image, driver or inputs changed");
  if (data.steps.length) key.push("▲ step for the worse", "● other step");
  if (key.length) holder.append(make("ul", { class: "key" }, ...key.map((text) => make("li", {}, text))));
  const moving = data.plots.filter((one) => new Set(one.values.filter((value) => value !== null)).size > 1);
  holder.append(...moving.map(plot));
  const still = data.plots.filter((one) => !moving.includes(one));
  if (still.length) {
    const list = make("ul", { class: "plain" }, ...still.map((one) => make("li", {}, `${one.name}: ${shown(one.values.find((value) => value !== null))} in every night that has it`)));
    holder.append(make("details", { class: "unchanged" }, make("summary", {}, `${plural(still.length, "number")} that never changed`), list));
  }
  const asked = data.nights.lastIndexOf(address().get("night"));
  move(asked >= 0 ? asked : count - 1);
  addEventListener("hashchange", () => { const night = data.nights.lastIndexOf(address().get("night")); if (night >= 0) move(night); });

  // --- the same as a table, made on demand ---
  const table = document.getElementById("table");
  table.addEventListener("toggle", () => {
    const place = table.querySelector(".scroll");
    if (!table.open || place.children.length) return;
    const columns = moving.slice(0, 8);
    const head = make("tr", {}, ...["night", "outcome", "release", ...columns.map((one) => one.name), "warnings", "changed"].map((name) => make("th", { scope: "col" }, name)));
    const body = make("tbody", {});
    for (let night = count - 1; night >= 0; night -= 1) {
      const date = data.links[night] ? make("a", { href: root + data.links[night] }, data.nights[night]) : data.nights[night];
      body.append(make("tr", {}, make("th", { scope: "row" }, date), ...[NAMES[data.strip[night]], data.cell[night] === null ? "" : data.cells[data.cell[night]], ...columns.map((one) => one.values[night] === null ? "" : shown(one.values[night])), (data.rules[night] || []).join(", "), changes(night).join("; ")].map((text) => make("td", {}, text))));
    }
    place.append(make("table", { class: "list" }, make("thead", {}, head), body));
  });
})();
