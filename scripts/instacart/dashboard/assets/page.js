// Shows the page of the address, draws its panels for what the drop-downs choose, and
// redraws those that follow a drop-down when it changes.

const data = JSON.parse(document.getElementById("data").textContent);
// Views share the columns of tables, and rows.
for (const view of data.views) {
  Object.assign(view, data.tables[view.table], { rows: data.rows[view.rows] });
}
const main = document.getElementById("content");
const ALL = "";
const NARROW = 600;
const isDark = matchMedia("(prefers-color-scheme: dark)");
const VERDICTS = ["differs", "same", "few"];
// What is chosen, by page and drop-down; the panels drawn, by key.
const chosen = {};
const drawn = {};

const numbers = (options) => new Intl.NumberFormat("en-US", options);
const digits = (count) => ({ minimumFractionDigits: count, maximumFractionDigits: count });
const percent = (count, more) => numbers({ style: "percent", ...digits(count), ...more });
const dollars = (count) => numbers({ style: "currency", currency: "USD", ...digits(count) });
const FORMATS = {
  count: numbers(digits(0)),
  change: numbers({ ...digits(0), signDisplay: "exceptZero" }),
  share: percent(1),
  fine_share: percent(2),
  signed_share: percent(1, { signDisplay: "exceptZero" }),
  points: numbers({ ...digits(1), signDisplay: "exceptZero" }),
  money: dollars(2),
  dollars: dollars(0),
  decimal: numbers(digits(2)),
  tenth: numbers(digits(1)),
  index: numbers(digits(2)),
};

function element(name, text, attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text ?? "";
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// Drop-downs.

const controlOf = (page, key) => page.controls.find((control) => control.key === key);

function optionsOf(page, control) {
  return control.options[control.of ? chosen[page.key][control.of] : ""] ?? [];
}

function offers(page, control, value) {
  return optionsOf(page, control).some(([one]) => one === value);
}

function field(page, control) {
  return document.querySelector(
    `#page-${page.key} [data-control="${control.key}"]`,
  );
}

// Fills a drop-down, and shows what is chosen in it: the first option, if nothing.
function fill(page, control) {
  const options = optionsOf(page, control);
  if (!offers(page, control, chosen[page.key][control.key])) {
    chosen[page.key][control.key] = options[0]?.[0] ?? ALL;
  }
  const input = field(page, control);
  const list = control.is_search ? input.list : input;
  list.replaceChildren(
    ...options.map(([value, label]) =>
      control.is_search
        ? element("option", "", { value: label })
        : element("option", label, { value }),
    ),
  );
  show(page, control);
}

function show(page, control) {
  const value = chosen[page.key][control.key];
  const [, label] = optionsOf(page, control).find(([one]) => one === value) ?? [];
  field(page, control).value = control.is_search ? (label ?? "") : value;
}

function choose(page, control, value) {
  chosen[page.key][control.key] = value;
  field(page, control).form.querySelector(".message").textContent = "";
  show(page, control);
  for (const other of page.controls) if (other.of === control.key) fill(page, other);
  showAddress(page);
  draw(page);
}

// The address, also that of the page's tab, so that the page is as it was left.
function showAddress(page) {
  history.replaceState(null, "", address(page));
  document.querySelector(`nav [data-page="${page.key}"]`).hash = address(page);
}

// The address of a page: #customers?segment_type=age_group, without what is there at first.
function address(page) {
  const parameters = new URLSearchParams();
  for (const control of page.controls) {
    const value = chosen[page.key][control.key];
    if (value !== optionsOf(page, control)[0]?.[0]) parameters.set(control.key, value);
  }
  const text = parameters.toString();
  return `#${page.key}${text ? `?${text}` : ""}`;
}

function listen(page, control) {
  const input = field(page, control);
  input.form.addEventListener("submit", (event) => event.preventDefault());
  if (!control.is_search) {
    input.addEventListener("change", () => choose(page, control, input.value));
    return;
  }
  // What is typed takes the place of what is chosen.
  input.addEventListener("focus", () => input.select());
  input.addEventListener("change", () => search(page, control, input));
}

// Chooses the option that is called as the text, or the only one that has it in its name.
function search(page, control, input) {
  const options = optionsOf(page, control);
  const text = input.value.trim().toLowerCase();
  const alike = options.filter(([, label]) => label.toLowerCase().includes(text));
  const same = alike.filter(([, label]) => label.toLowerCase() === text);
  const exact = options.find(([, label]) => label === input.value);
  const [found] = exact ? [exact] : same.length ? same : alike.length === 1 ? alike : [];
  if (!text) choose(page, control, options[0][0]);
  else if (found) choose(page, control, found[0]);
  else input.form.querySelector(".message").textContent = missed(control, input.value, alike);
}

function missed(control, text, alike) {
  if (!alike.length) return `“${text}” is not in the list of ${control.holds}.`;
  const some = alike.slice(0, 3).map(([, label]) => label);
  const names = `${some.join(", ")}${alike.length > some.length ? " …" : ""}`;
  return `“${text}” is in ${alike.length} names of the list: choose one (${names}).`;
}

// Panels.

// How many choices are being drawn.
let draws = 0;

function draw(page) {
  draws += 1;
  main.setAttribute("aria-busy", "true");
  const done = page.panels.map((panel) => drawPanel(page, panel));
  Promise.all(done).finally(() => {
    draws -= 1;
    main.setAttribute("aria-busy", String(draws > 0));
  });
}

async function drawPanel(page, panel) {
  const box = document.querySelector(`[data-panel="${panel.key}"]`);
  const key = JSON.stringify(panel.controls.map((each) => chosen[page.key][each]));
  const before = drawn[panel.key];
  if (before?.key === key) {
    await mark(page, panel, before);
    return;
  }
  const view = data.views[panel.views[key]];
  drawn[panel.key] = { key, view };
  box.querySelector(".finding").textContent = view.finding;
  box.querySelector(".note").textContent = view.note;
  showVerdict(box.querySelector(".verdict"), view);
  const action = box.querySelector(".action");
  action.hidden = !view.action;
  action.textContent = `What to do: ${view.action}`;
  const figures = box.querySelector(".figures");
  figures.hidden = !view.columns.length;
  if (figures.open) tabulate(figures, view);
  await drawChart(page, panel, box.querySelector(".chart"), before);
}

function showVerdict(badge, { verdict, judged }) {
  badge.hidden = !verdict;
  badge.textContent = judged ? `${judged}: ${verdict.toLowerCase()}` : verdict;
  badge.className = `verdict ${VERDICTS[data.verdicts.indexOf(verdict)] ?? ""}`;
}

async function drawChart(page, panel, place, before) {
  const now = drawn[panel.key];
  place.closest(".panel").classList.toggle("bare", now.view.chart === null);
  // The page must not jump while a chart is replaced.
  place.style.minHeight = `${place.offsetHeight}px`;
  before?.result?.finalize();
  // Of its own, so that a choice made meanwhile takes it away with its chart.
  const drawing = element("div", "", { class: "drawing" });
  place.replaceChildren(drawing);
  if (now.view.chart !== null) {
    const spec = structuredClone(data.charts[now.view.chart]);
    const result = await vegaEmbed(
      drawing,
      { ...spec, description: now.view.finding, data: { values: records(now.view) } },
      { actions: false, renderer: "svg", ast: true, config: look() },
    );
    if (drawn[panel.key] !== now) {
      result.finalize();
      return;
    }
    now.result = result;
    if (panel.click) listenToMarks(page, panel, result.view);
    await mark(page, panel, now);
  }
  place.style.minHeight = "";
}

function records(view) {
  return view.rows.map((row) =>
    Object.fromEntries(view.fields.map((name, number) => [name, row[number]])),
  );
}

// How charts look; colours of texts and lines are those of the page.
function look() {
  const isNarrow = innerWidth < NARROW;
  return {
    background: null,
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    text: { fontSize: 12 },
    axis: {
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: "normal",
      labelLimit: isNarrow ? 150 : 240,
      labelSeparation: 6,
    },
    // More is further from the colour of the page.
    range: { heatmap: isDark.matches ? ["#1f3140", "#8ccbf5"] : ["#deebf7", "#08306b"] },
    axisY: { titleAnchor: "end", titleAngle: 0, titleAlign: "left", titleX: 0, titleY: -12 },
    legend: {
      orient: "top",
      // Below it is the name of the axis.
      offset: 34,
      columns: isNarrow ? 2 : 4,
      labelFontSize: 12,
      titleFontSize: 12,
      titleFontWeight: "normal",
      labelLimit: isNarrow ? 140 : 300,
      titleLimit: 300,
      symbolType: "square",
    },
  };
}

// A click chooses what the mark is of; another click on it chooses all again.
function listenToMarks(page, panel, view) {
  const control = controlOf(page, panel.click.control);
  view.addEventListener("click", (event, item) => {
    const value = item?.datum?.[panel.click.field];
    if (value === undefined) return;
    const isChosen = String(value) === chosen[page.key][control.key];
    const next = isChosen ? ALL : String(value);
    if (offers(page, control, next)) choose(page, control, next);
  });
}

// Fades the marks of what is not chosen, where a chart has any of what is.
async function mark(page, panel, { result, view }) {
  if (!panel.click || !result) return;
  if (!result.vgSpec.signals.some(({ name }) => name === "chosen")) return;
  const value = chosen[page.key][panel.click.control];
  const field = view.fields.indexOf(panel.click.field);
  const isShown = view.rows.some((row) => String(row[field]) === value);
  await result.view.signal("chosen", isShown ? value : ALL).runAsync();
}

// Figures.

const isNumber = (column) => column.kind in FORMATS || column.kind === "number";

function cell(row, view, column) {
  const value = row[view.fields.indexOf(column.key)];
  if (value === null || value === undefined) return "";
  return FORMATS[column.kind]?.format(value) ?? String(value);
}

function tabulate(figures, view) {
  const table = element("table");
  const head = table.createTHead().insertRow();
  for (const column of view.columns) {
    const shape = { scope: "col", class: isNumber(column) ? "number" : "" };
    head.append(element("th", column.heading, shape));
  }
  const body = table.createTBody();
  for (const row of view.rows) {
    const line = body.insertRow();
    for (const column of view.columns) {
      line.append(
        element("td", cell(row, view, column), { class: isNumber(column) ? "number" : "" }),
      );
    }
  }
  figures.querySelector(".table").replaceChildren(table);
}

// The figures as they are, unrounded, between separators.
function separated(view, separator) {
  const quoted = (value) => {
    const text = String(value ?? "");
    return /["\n\r]/.test(text) || text.includes(separator)
      ? `"${text.replaceAll('"', '""')}"`
      : text;
  };
  const rows = view.rows.map((row) =>
    view.columns.map((column) => row[view.fields.indexOf(column.key)]),
  );
  return [view.columns.map((column) => column.heading), ...rows]
    .map((row) => row.map(quoted).join(separator))
    .join("\r\n");
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Browsers that keep the clipboard from files.
    const area = element("textarea", text);
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

function download(text, name) {
  // With the mark by which Excel knows UTF-8.
  const file = new Blob(["\ufeff", text], { type: "text/csv" });
  const link = element("a", "", { download: name, href: URL.createObjectURL(file) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function listenToFigures(panel) {
  const figures = document.querySelector(`[data-panel="${panel.key}"] .figures`);
  const status = figures.querySelector("[role=status]");
  const view = () => drawn[panel.key].view;
  figures.addEventListener("toggle", () => {
    status.textContent = "";
    if (figures.open) tabulate(figures, view());
  });
  figures.querySelector(".copy").addEventListener("click", async (event) => {
    await copy(separated(view(), "\t"));
    status.textContent = "Copied";
    event.target.focus();
  });
  figures.querySelector(".download").addEventListener("click", () => {
    download(separated(view(), ","), `${panel.key}.csv`);
    status.textContent = `Saved as ${panel.key}.csv`;
  });
}

// Pages.

let shown;

function go() {
  const [key, parameters] = location.hash.slice(1).split("?");
  const page = data.pages.find((one) => one.key === key) ?? data.pages[0];
  const given = new URLSearchParams(parameters);
  for (const control of page.controls) {
    chosen[page.key][control.key] = given.get(control.key);
    fill(page, control);
  }
  for (const section of document.querySelectorAll(".page")) {
    section.hidden = section.dataset.page !== page.key;
  }
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.page === page.key) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${page.title}: ${data.title}`;
  showAddress(page);
  draw(page);
  if (shown && shown !== page.key) {
    scrollTo(0, 0);
    // A link to another page is gone with its own.
    const heading = document.getElementById(`title-${page.key}`);
    if (!document.activeElement?.closest("nav")) heading.focus();
  }
  shown = page.key;
}

document.querySelector(".skip").addEventListener("click", (event) => {
  // The address is that of the page.
  event.preventDefault();
  main.focus();
});
for (const page of data.pages) {
  chosen[page.key] = {};
  for (const control of page.controls) listen(page, control);
  for (const panel of page.panels) listenToFigures(panel);
}
addEventListener("hashchange", go);
// Charts have the legends and labels of a narrow window or of a wide one, light or dark.
for (const query of [matchMedia(`(width < ${NARROW}px)`), isDark]) {
  query.addEventListener("change", () => {
    for (const one of Object.values(drawn)) one.key = null;
    go();
  });
}
go();
