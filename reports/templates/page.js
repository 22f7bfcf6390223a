"use strict";
(() => {
  const CELL = "\u0001", CASE = "\u0002";
  const STANDING = {
    said: "the release said so", unsaid: "unsaid: the release has a text for it and did not print it",
    mute: "mute: the release has no text for it", unknown: "no catalogue of this release's texts",
    "not-concerned": "this case does not use the precision",
  };
  const LOWEST = -24, NORMAL = -14, HIGHEST = 15; // binary exponents of FP16: smallest subnormal, smallest normal, largest
  const field = document.getElementById("filter");
  const form = field.form;
  const matches = document.getElementById("matches");
  const nothing = document.getElementById("nothing");
  const sections = new Map([...document.querySelectorAll("details.cell")].map((section) => [section.dataset.cell, section]));
  const gridRows = new Map([...document.querySelectorAll(".grid tbody tr")].map((row) => [row.dataset.cell, row]));

  let cells = null; // cell id -> cases as objects, read from the embedded data on first need
  let terms = [];

  const make = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) if (value !== undefined && value !== false) element.setAttribute(name, value);
    element.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
    return element;
  };
  const vector = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const mark = (name) => vector("svg", { class: "mark", "aria-hidden": "true", focusable: "false" }, vector("use", { href: `#mark-${name}` }));
  const said = (word) => make("span", { class: `said is-${word}` }, mark(word), word);
  const count = (number) => Number(number).toLocaleString("en");
  const plural = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
  const size = (bytes) => {
    if (bytes === null) return "";
    if (bytes < 1024) return `${bytes} B`;
    for (const unit of ["KiB", "MiB", "GiB"]) { bytes /= 1024; if (bytes < 1024 || unit === "GiB") return `${bytes.toFixed(1)} ${unit}`; }
  };
  const seconds = (time) => time === null ? "" : time < 10 ? `${time.toFixed(2)} s` : time < 60 ? `${Math.round(time)} s` : `${Math.floor(time / 60)} min ${Math.round(time % 60)} s`;

  function read() {
    if (cells) return cells;
    const data = JSON.parse(document.getElementById("data").textContent);
    cells = new Map();
    for (const [cell, rows] of Object.entries(data.cells)) {
      cells.set(cell, rows.map((row) => {
        const one = { cell, row, table: data.table };
        one.id = data.table[row[0]];
        one.outcome = data.outcomes[row[1]];
        one.stage = data.stages[row[2]];
        data.fields.forEach((name, place) => { if (!(name in one)) one[name] = row[place]; });
        return one;
      }));
    }
    return cells;
  }

  const named = (value, one) => {
    if (typeof value === "string") return value.replaceAll(CASE, one.id).replaceAll(CELL, one.cell);
    if (Array.isArray(value)) return value.map((inner) => named(inner, one));
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, named(inner, one)]));
    return value;
  };
  const look = (one, name) => one[name] === null ? null : named(one.table[one[name]], one);
  const findings = (one) => one.findings.map((place) => named(one.table[place], one));
  const reason = (one) => look(one, "reason") || "";
  const told = (one) => {
    const titles = findings(one).filter((finding) => !finding.predicted).map((finding) => finding.title);
    return [...new Set([...titles, reason(one)].filter(Boolean))].join("; ");
  };

  // Filter: words that all must occur; "name:word" looks at one thing; "-word" leaves out.
  function haystack(one) {
    if (!one.text) {
      const found = findings(one);
      one.rules = found.map((finding) => finding.rule.toLowerCase());
      one.text = [one.cell, one.id, one.outcome, one.stage, reason(one), ...found.map((f) => `${f.rule} ${f.title}${f.predicted ? " predicted" : ""}`)].join(" ").toLowerCase();
    }
    return one.text;
  }
  function holds(one, term) {
    const text = haystack(one);
    const word = term.startsWith("-") && term.length > 1 ? term.slice(1) : term;
    const [name, value] = word.includes(":") ? [word.slice(0, word.indexOf(":")), word.slice(word.indexOf(":") + 1)] : ["", word];
    let found;
    if (name === "outcome") found = one.outcome === value;
    else if (name === "stage") found = one.stage === value;
    else if (name === "rule") found = one.rules.some((rule) => rule.includes(value));
    else found = text.includes(word);
    return word === term ? found : !found;
  }
  const kept = (one) => terms.every((term) => holds(one, term));

  function apply() {
    terms = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0, all = 0, hit = 0;
    for (const [cell, section] of sections) {
      let here = true;
      if (terms.length) {
        const cases = read().get(cell);
        const number = cases.filter(kept).length;
        all += cases.length; shown += number;
        here = number > 0;
      }
      section.hidden = !here;
      gridRows.get(cell).hidden = !here;
      hit += here;
      if (section.open && here) fill(section);
      else section.dataset.filled = "";
    }
    matches.value = terms.length ? `${count(shown)} of ${plural(all, "case")} in ${plural(hit, "cell")}` : "";
    nothing.hidden = hit > 0 || sections.size === 0;
  }

  function fill(section) {
    const key = `filled ${terms.join(" ")}`;
    if (section.dataset.filled === key) return;
    section.dataset.filled = key;
    const cases = read().get(section.dataset.cell).filter(kept).sort((one, other) => one.row[1] - other.row[1]); // worst first
    const body = document.createDocumentFragment();
    for (const one of cases) body.append(rowOf(one));
    section.querySelector(".cases > tbody").replaceChildren(body);
  }

  function rowOf(one) {
    const button = make("button", { type: "button", "aria-expanded": "false" }, one.id);
    const row = make("tr", { id: `${one.cell}::${one.id}` },
      make("th", { scope: "row" }, button),
      make("td", {}, said(one.outcome), one.reused === null ? "" : make("small", { class: "soft" }, " reused")),
      make("td", {}, one.stage),
      make("td", {}, told(one)),
      make("td", { class: "number" }, size(one.bytes)),
      make("td", { class: "number" }, seconds(one.seconds)));
    button.addEventListener("click", () => toggle(row, button, one));
    return row;
  }
  function toggle(row, button, one, open = button.getAttribute("aria-expanded") === "false") {
    const there = row.nextElementSibling && row.nextElementSibling.classList.contains("detail") ? row.nextElementSibling : null;
    button.setAttribute("aria-expanded", String(open));
    if (open && !there) row.after(make("tr", { class: "detail" }, make("td", { colspan: 6 }, detail(one))));
    if (!open && there) there.remove();
  }

  // One case, unfolded.
  function detail(one) {
    const all = document.createDocumentFragment();
    const left = make("div", {}), right = make("div", {});
    const found = findings(one);
    left.append(make("h4", {}, found.length ? plural(found.length, "finding") : "Findings"));
    if (!found.length) left.append(make("p", { class: "soft" }, one.outcome === "passed" ? "None: no rule saw anything in this case." : "None: no rule explains this case."));
    for (const finding of found) left.append(findingOf(finding, one));
    right.append(make("h4", {}, "Facts"), about(one));
    all.append(make("div", { class: "split" }, left, right));
    if (look(one, "comparison")) all.append(...comparisonOf(look(one, "comparison")));
    if (one.audit.length) all.append(...auditOf(one));
    all.append(...logOf(one));
    return all;
  }

  function findingOf(finding, one) {
    const head = make("p", {}, make("b", {}, finding.title), " ", make("span", { class: "severity" }, finding.severity));
    if (finding.predicted) head.append(" ", said("predicted"));
    if (finding.waived_by) head.append(make("span", { class: "waiver" }, `Waived: ${finding.waived_by}`));
    if (finding.consequence_of) head.append(" ", make("span", { class: "soft" }, `follows from ${finding.consequence_of}`));
    const block = make("div", { class: `finding${finding.predicted ? " predicted" : ""}` }, head);
    if (finding.explanation) block.append(make("p", {}, finding.explanation));
    const facts = Object.entries(finding.facts || {});
    if (facts.length) block.append(make("dl", { class: "facts" }, ...facts.map(([name, value]) => make("div", {}, make("dt", {}, name.replaceAll("_", " ")), make("dd", {}, plain(value))))));
    if (finding.advice) block.append(make("ol", { class: "advice" }, ...finding.advice.map(adviceOf)));
    for (const place of finding.evidence || []) block.append(make("p", { class: "soft" }, make("a", { href: encodeURI(place.file) }, place.file), place.line ? ` line ${place.line}` : "", place.text ? make("br") : "", place.text ? make("code", {}, place.text) : ""));
    block.append(make("p", { class: "soft" }, "rule ", make("code", {}, finding.rule)));
    return block;
  }
  const plain = (value) => Array.isArray(value) ? value.map(plain).join(", ") : value && typeof value === "object" ? Object.entries(value).map(([name, inner]) => `${name}: ${plain(inner)}`).join(", ") : typeof value === "number" ? count(value) : String(value);
  // What stands between backticks as code; a backtick without its fellow stays.
  function coded(text) {
    const parts = text.split("`");
    return parts.length % 2 ? parts.map((part, place) => place % 2 ? make("code", {}, part) : part) : [text];
  }
  function adviceOf(advice) {
    const item = make("li", {}, make("span", { class: `standing is-${advice.standing}` }, advice.standing.replaceAll("-", " ")), " ", ...coded(advice.text));
    if (advice.because) item.append(" ", make("span", { class: "soft" }, `(${advice.because})`));
    if ((advice.source || "").startsWith("https://")) item.append(" ", make("a", { href: advice.source, rel: "noreferrer" }, "source"));
    return item;
  }

  function about(one) {
    const list = make("dl", { class: "about" });
    const add = (name, ...value) => list.append(make("div", {}, make("dt", {}, name), make("dd", {}, ...value)));
    const steps = look(one, "steps"), precisions = look(one, "precisions"), metrics = look(one, "metrics");
    if (reason(one)) add("reason", reason(one));
    add("came to", one.stage);
    if (one.bytes !== null) add("engine", `${size(one.bytes)} (${count(one.bytes)} bytes)`);
    if (one.sha256) add("sha256", make("code", { class: "all" }, one.sha256));
    if (one.layers !== null || precisions) add("layers", [one.layers === null ? "" : count(one.layers), precisions ? Object.entries(precisions).map(([name, number]) => `${count(number)} ${name}`).join(", ") : ""].filter(Boolean).join(": "));
    if (steps) add("time", Object.entries(steps).map(([name, time]) => `${name} ${seconds(time)}`).join(", ") + (one.seconds === null ? "" : `; whole ${seconds(one.seconds)}`));
    const compared = look(one, "comparison");
    const limits = Object.fromEntries(((compared && compared.limits) || []).map((limit) => [limit.metric, limitOf(limit)]));
    // Numbers of one output stand in the table of outputs.
    if (metrics) for (const [name, value] of Object.entries(metrics)) if (!(compared && compared.outputs && /^(cosine|max_abs_error|mean_abs_error)\./.test(name))) add(...withUnit(name, Number(value.toPrecision(6))), limits[name] ? make("span", { class: "soft" }, ` ${limits[name]}`) : "");
    if (one.reused !== null) add("reused", `from run ${look(one, "reused")}: nothing that could change it has changed`);
    const evidence = look(one, "evidence");
    if (evidence) add("evidence", make("a", { href: encodeURI(evidence) + "/" }, evidence + "/"));
    const repeat = look(one, "repeat");
    if (repeat) add("repeat", make("code", { class: "all" }, repeat));
    add("link", make("a", { href: `#${one.cell}::${one.id}` }, "to this case"));
    return list;
  }

  function withUnit(name, value) {
    const found = /^(.+)_(ms|mhz)$/.exec(name);
    return found ? [found[1].replaceAll("_", " "), `${value} ${found[2].replace("mhz", "MHz")}`] : [name.replaceAll("_", " "), String(value)];
  }
  const limitOf = (limit) => [limit.least === null ? "" : `at least ${limit.least}`, limit.most === null ? "" : `at most ${limit.most}`].filter(Boolean).join(", ");
  const digits = (value) => value === null ? "not finite" : String(Number(value.toPrecision(5)));
  // The engine's outputs against the FP32 model's.
  function comparisonOf(compared) {
    const parts = [make("h4", {}, "Outputs against FP32")];
    if (compared.by) parts.push(make("p", { class: "soft" }, `against ${compared.by}`));
    for (const words of compared.beyond || []) parts.push(make("p", {}, make("b", {}, words)));
    if (compared.note) parts.push(make("p", {}, compared.note));
    const head = ["output", "cosine", "largest error", "mean error", "worst place", "not finite"];
    const rows = (compared.outputs || []).map((each) => make("tr", {}, make("th", { scope: "row" }, each.name),
      make("td", {}, each.cosine.toFixed(6)), make("td", {}, digits(each.max_abs_error)), make("td", {}, digits(each.mean_abs_error)),
      make("td", {}, each.worst ? `sample ${each.worst[0]}, [${each.worst.slice(1).join(", ")}]: ${digits(each.value)} for ${digits(each.expected)}` : ""),
      make("td", {}, count(each.not_finite))));
    if (rows.length) parts.push(make("div", { class: "scroll" }, make("table", { class: "audit" }, make("thead", {}, make("tr", {}, ...head.map((word) => make("th", { scope: "col" }, word)))), make("tbody", {}, ...rows))));
    return parts;
  }

  function auditOf(one) {
    const audits = one.audit.map((place) => named(one.table[place], one));
    const head = ["precision", "tensors", "subnormal", "below the smallest", "overflow", "what the release said"];
    const rows = audits.map((audit) => make("tr", {}, make("th", { scope: "row" }, audit.precision),
      make("td", {}, `${count(audit.blobs)} (${count(audit.elements)} values)`),
      ...["subnormal", "below", "overflow"].map((kind) => make("td", {}, `${count(audit[`${kind}_blobs`])} (${count(audit[`${kind}_elements`])} values)`)),
      make("td", {}, STANDING[audit.standing] || audit.standing)));
    const parts = [make("h4", {}, "Weights, by our own count"),
      make("div", { class: "scroll" }, make("table", { class: "audit" }, make("thead", {}, make("tr", {}, ...head.map((word) => make("th", { scope: "col" }, word)))), make("tbody", {}, ...rows)))];
    for (const audit of audits) {
      if (audit.worst) parts.push(make("p", { class: "soft" }, `worst in ${audit.precision}: ${audit.worst.join(", ")}`));
      if (audit.effect) parts.push(make("p", {}, `Does it matter, in ${audit.precision}? ${audit.effect}.`));
      // The numbers are the model's own, so one picture tells them for each precision.
      if (audit.exponents && audit.standing !== "not-concerned" && !parts.some((part) => part.tagName === "FIGURE")) parts.push(bars(audit));
    }
    return parts;
  }

  // Values by binary exponent, on a square-root scale: a few lost weights must stay visible beside thousands.
  function bars(audit) {
    const numbers = Object.entries(audit.exponents).filter(([name]) => name !== "zero").map(([name, number]) => [Number(name), number]).sort((a, b) => a[0] - b[0]);
    if (!numbers.length) return "";
    const low = numbers[0][0], high = numbers[numbers.length - 1][0], most = Math.max(...numbers.map((pair) => pair[1]));
    const step = 12, height = 90, width = (high - low + 1) * step;
    const half = audit.precision === "fp16";
    const picture = vector("svg", { class: "bars", viewBox: `0 0 ${width} ${height + 16}`, role: "img", "aria-label": `Values by binary exponent from 2^${low} to 2^${high}` });
    for (const [exponent, number] of numbers) {
      const tall = Math.max(1, Math.sqrt(number / most) * height);
      const kind = !half ? "" : exponent < LOWEST ? " low" : exponent < NORMAL ? " sub" : exponent > HIGHEST ? " over" : "";
      picture.append(vector("rect", { class: `b${kind}`, x: (exponent - low) * step + 1, y: height - tall, width: step - 2, height: tall }, vector("title", {}, `2^${exponent}: ${plural(number, "value")}`)));
      if (exponent % 4 === 0) picture.append(vector("text", { x: (exponent - low) * step + step / 2, y: height + 12, "text-anchor": "middle" }, String(exponent)));
    }
    picture.append(vector("line", { x1: 0, x2: width, y1: height + .5, y2: height + .5 }));
    const caption = half ? `Values by binary exponent (square-root scale). Below ${NORMAL}: subnormal in FP16; below ${LOWEST}: below its smallest number.` : "Values by binary exponent (square-root scale).";
    return make("figure", { class: "histogram" }, picture, make("figcaption", { class: "soft" }, caption + (audit.exponents.zero ? ` ${plural(audit.exponents.zero, "zero")}.` : "")));
  }

  function logOf(one) {
    if (one.excerpt === null) return [];
    if (one.excerpt === -1) return [make("p", { class: "soft" }, "The log's excerpt was left out to keep this page small: ", make("a", { href: encodeURI(look(one, "evidence")) + "/tensorrt.log" }, "the whole log"), ".")];
    const wanted = new Set(findings(one).flatMap((finding) => finding.evidence || []).map((place) => place.line));
    const block = make("pre", { class: "log", tabindex: "0", "aria-label": "Log excerpt" });
    for (const line of named(one.table[one.excerpt], one).split("\n")) block.append(wanted.has(Number.parseInt(line, 10)) ? make("mark", {}, line) : line, "\n");
    return [make("details", {}, make("summary", {}, "Log excerpt"), block)];
  }

  // The address: #ANCHOR, #q=FILTER, or #ANCHOR&q=FILTER.
  function address() {
    const [first, ...rest] = location.hash.slice(1).split("&");
    const parts = first.startsWith("q=") ? [first, ...rest] : rest;
    const query = parts.find((part) => part.startsWith("q="));
    const decode = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
    return { anchor: first.startsWith("q=") ? "" : decode(first), query: query ? decode(query.slice(2)) : "" };
  }
  function remember() {
    const { anchor } = address();
    const query = field.value.trim() ? `q=${encodeURIComponent(field.value.trim()).replaceAll("%3A", ":")}` : "";
    const hash = [encodeURI(anchor), query].filter(Boolean).join("&");
    history.replaceState(null, "", hash ? `#${hash}` : location.href.split("#")[0]);
  }
  function follow() {
    const { anchor, query } = address();
    if (query !== field.value.trim() && (query || !anchor)) { field.value = query; apply(); }
    if (!anchor) { if (query) form.scrollIntoView(); return; }
    const cell = anchor.split("::")[0];
    const section = sections.get(cell);
    if (!section) { const cause = document.getElementById(anchor); if (cause && cause.tagName === "DETAILS") cause.open = true; return; }
    if (section.hidden) { field.value = ""; apply(); }
    section.open = true;
    fill(section);
    let target = document.getElementById(anchor);
    if (!target && field.value) { field.value = ""; apply(); target = document.getElementById(anchor); }
    const button = target && target.querySelector("th > button");
    if (button) { toggle(target, button, read().get(cell).find((one) => `${cell}::${one.id}` === anchor), true); button.focus({ preventScroll: true }); }
    (target || section).scrollIntoView({ block: "start" });
  }

  // Keys: "/" goes to the filter, arrows move within the grid.
  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && document.activeElement !== field) { event.preventDefault(); field.focus(); field.select(); }
    else if (event.key === "Escape" && document.activeElement === field) { field.value = ""; apply(); remember(); }
    else if (event.key.startsWith("Arrow")) move(event);
  }
  function move(event) {
    const here = document.activeElement.closest && document.activeElement.closest(".grid tbody td, .grid tbody th");
    if (!here) return;
    const row = here.parentElement;
    const beside = (node, back, skip) => { do node = back ? node.previousElementSibling : node.nextElementSibling; while (node && skip(node)); return node; };
    let next = null;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") next = beside(here, event.key === "ArrowLeft", (node) => !node.querySelector("a"));
    else {
      const place = [...row.children].indexOf(here);
      const other = beside(row, event.key === "ArrowUp", (node) => node.hidden || !node.children[place].querySelector("a"));
      next = other && other.children[place];
    }
    if (next) { event.preventDefault(); next.querySelector("a").focus(); }
  }

  for (const section of sections.values()) section.addEventListener("toggle", () => { if (section.open) fill(section); });
  let waiting = 0;
  field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(() => { apply(); remember(); }, 80); });
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); remember(); });
  addEventListener("hashchange", follow);
  addEventListener("keydown", key);
  addEventListener("beforeprint", () => {
    for (const cause of document.querySelectorAll("details.cause")) cause.open = true;
    const open = [...sections.values()].filter((section) => !section.hidden);
    const total = open.reduce((sum, section) => sum + read().get(section.dataset.cell).length, 0);
    if (total <= 400) for (const section of open) { section.open = true; fill(section); }
  });
  form.hidden = false;
  follow();
  document.documentElement.dataset.ready = "yes";
})();
