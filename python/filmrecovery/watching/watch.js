"use strict";
// The page asks for a line for each training every two seconds, and for curves that are drawn and have grown.
const EVERY = 2000, FIRST_DRAWN = 3, COLOURS = 8, SMOOTHEST = 0.3;
const find = selector => document.querySelector(selector);
const make = (name, attributes = {}, ...content) => {
	const element = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
	element.append(...content);
	return element;
};
const draw = (name, attributes = {}, text = "") => {
	const element = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
	element.textContent = text;
	return element;
};
const coloured = (element, run) => { element.style.setProperty("--run", `var(--run-${slots.get(run.key) % COLOURS + 1})`); return element; };

let runs = [];
let chosen = null;
const slots = new Map(), ticked = new Set(), curves = new Map(), rows = new Map();
let isFirst = true;

// Words

const known = value => value !== null && value !== undefined;
const number = (value, digits = 3) => {
	if (!known(value)) return "–";
	const size = Math.abs(value);
	if (size > 0 && size < 0.0001) return value.toExponential(1).replace("e-", "×10⁻").replace(/⁻(\d+)$/, (_, digits) =>
		"⁻" + [...digits].map(digit => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]).join(""));
	return size >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(digits)));
};
// Trainings of the same pairs are often so near that three digits do not tell them apart.
const figure = value => known(value) && Math.abs(value) >= 0.0001 && Math.abs(value) < 1000 ? value.toPrecision(4) : number(value);
const thousands = value => String(value).replace(/\B(?=(\d{3})+$)/g, " ");

// The table

const showTable = () => {
	const body = find(".runs tbody");
	for (const [key, row] of rows) if (!runs.some(run => run.key === key)) { row.remove(); rows.delete(key); }
	runs.forEach((run, place) => {
		if (!rows.has(run.key)) rows.set(run.key, newRow(run));
		const row = rows.get(run.key);
		fillRow(row, run);
		if (body.children[place] !== row) body.insertBefore(row, body.children[place] || null);
	});
};

const NAMES = ["Step", "Loss", "Hold-out", "Best", "Time", "Left", "Machine", "Report"];

const newRow = run => {
	const box = make("input", { type: "checkbox", "aria-label": `Draw the curves of ${run.name}` });
	box.addEventListener("change", () => { ticked[box.checked ? "add" : "delete"](run.key); showAll(); fetchCurves(); });
	const name = make("button", { type: "button", class: "name" }, run.name);
	name.addEventListener("click", () => { chosen = run.key; find(".answer").textContent = ""; ticked.add(run.key); showAll(); fetchCurves(); });
	const row = make("tr", {}, make("td", {}, box), make("th", { scope: "row" }, name, make("span", { class: "differing" }),
		make("p", { class: "reason" })), make("td", {}, make("span")));
	NAMES.forEach((title, place) => row.append(make("td", { class: place < 6 ? "number" : "", "data-name": title }, make("span"))));
	row.children[3].append(make("span", { class: "ahead" }, make("i")));
	return row;
};

const fillRow = (row, run) => {
	coloured(row, run);
	row.classList.toggle("chosen", run.key === chosen);
	const cells = row.children;
	cells[0].firstChild.checked = ticked.has(run.key);
	cells[0].firstChild.disabled = run.state === "damaged";
	const differing = Object.entries(run.differing || {}).map(([name, value]) => `${name.replace(/_/g, " ")} ${value}`).join(", ");
	setText(row.querySelector(".differing"), differing);
	setText(row.querySelector(".reason"), run.reason);
	const state = cells[2].firstChild;
	state.className = `state ${run.state}`;
	setText(state, run.state);
	const isKnown = run.state !== "damaged";
	const texts = isKnown ? [known(run.steps) ? `${thousands(run.step)} of ${thousands(run.steps)}` : thousands(run.step), figure(run.loss),
		figure(run.holdOut), run.best ? `${figure(run.best.value)} at ${thousands(run.best.step)}` : "–", run.time,
		run.left, run.machine] : ["", "", "", "", "", "", ""];
	texts.forEach((text, place) => { setText(cells[3 + place].firstChild, text); cells[3 + place].classList.toggle("empty", !text); });
	const bar = row.querySelector(".ahead");
	bar.hidden = !known(run.steps);
	if (known(run.steps)) bar.firstChild.style.width = `${Math.min(100, 100 * run.step / run.steps)}%`;
	const last = cells[10];
	const verdict = run.report ? (run.report.passed ? "passed" : "not passed") : "";
	if (last.textContent !== verdict) {
		last.replaceChildren(...(verdict ? [make("a", { href: `runs/${run.key}/report.html`, target: "_blank", rel: "noopener" }, verdict)] : []));
	}
	last.classList.toggle("empty", !verdict);
};
const setText = (element, text) => { if (element.textContent !== text) element.textContent = text; };

// The curves

const smoothed = (values, share) => {
	const reach = Math.round(values.length * share / 2);
	if (reach < 1) return values;
	const sums = [0];
	for (const value of values) sums.push(sums[sums.length - 1] + value);
	return values.map((_, at) => {
		// As far to the left as to the right, so that the ends do not lag.
		const near = Math.min(reach, at, values.length - 1 - at);
		return (sums[at + near + 1] - sums[at - near]) / (2 * near + 1);
	});
};

const showCurves = () => {
	const drawn = runs.filter(run => ticked.has(run.key) && curves.has(run.key));
	const share = SMOOTHEST * (find("#smoothing").value / 10) ** 2;
	const loss = drawn.filter(run => curves.get(run.key).loss.steps.length).map(run => {
		const { steps, values, low, high } = curves.get(run.key).loss;
		return { run, steps, low, high, rough: values, values: smoothed(values, share) };
	});
	const plots = [["Loss, the error that the training works against", "lower is better; it levels off where there is no more to learn", loss]];
	for (const measure of new Set(drawn.map(run => run.measure).filter(Boolean))) {
		const lines = drawn.filter(run => run.measure === measure && curves.get(run.key).holdOut.steps.length).map(run => {
			const { steps, values } = curves.get(run.key).holdOut;
			return { run, steps, values, baseline: run.baseline, best: run.best };
		});
		plots.push([`Error of the hold-outs, ${measure}`, "lower is better; the ring is the best step, the dotted line the grade alone; an upturn says that the pairs are learnt by heart", lines]);
	}
	const place = find("#curves .plots");
	const shown = plots.filter(([, , lines]) => lines.length);
	while (place.children.length > shown.length) place.lastChild.remove();
	while (place.children.length < shown.length) place.append(newPlot());
	shown.forEach((plot, index) => showPlot(place.children[index], ...plot));
	find("#curves .lead").hidden = !runs.length;
};

const newPlot = () => {
	const plot = make("figure", { class: "plot" }, make("figcaption"), draw("svg", { role: "img" }), make("ul", { class: "legend" }));
	const svg = plot.querySelector("svg");
	svg.addEventListener("pointermove", event => plot.read(event));
	svg.addEventListener("pointerdown", event => plot.read(event));
	svg.addEventListener("pointerleave", () => { plot.at = null; plot.unread(); });
	return plot;
};

const ticksOf = (low, high, logarithmic) => {
	if (logarithmic) {
		const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high)), found = [];
		const factors = last - first <= 2 ? [1, 2, 3, 4, 5, 6, 8] : last - first <= 4 ? [1, 2, 5] : [1];
		for (let power = first; power <= last; power++) for (const factor of factors) found.push(factor * 10 ** power);
		const inside = found.filter(value => value >= low && value <= high);
		if (inside.length > 2) return inside.length > 7 ? inside.filter((_, at) => at % 2 === 0) : inside;
	}
	const least = (high - low) / 5, power = 10 ** Math.floor(Math.log10(least));
	const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= least * 0.999);
	const found = [];
	for (let count = Math.ceil(low / step); count * step <= high; count++) found.push(count * step);
	return found;
};

const showPlot = (plot, title, help, lines) => {
	const svg = plot.querySelector("svg"), box = svg.getBoundingClientRect();
	const width = Math.max(box.width, 200), height = Math.max(box.height, 120);
	const left = 58, right = width - 10, top = 10, bottom = height - 26;
	// Of the loss of single steps, the few that lie far off would squeeze all others.
	const rough = lines.flatMap(line => line.rough ? [...line.low, ...line.high] : []).sort((one, other) => one - other);
	const most = [0.01, 0.99].map(share => rough[Math.floor(share * rough.length)]).filter(known);
	const everything = [...lines.flatMap(line => [...line.values, line.baseline].filter(known)), ...most];
	const logarithmic = find("#logarithmic").checked && Math.min(...everything) > 0;
	const scale = logarithmic ? Math.log10 : value => value;
	let low = Math.min(...everything), high = Math.max(...everything);
	if (high === low) { high += Math.abs(high) * 0.05 || 1; low -= Math.abs(low) * 0.05; }
	if (logarithmic) { const room = (high / low) ** 0.06; low /= room; high *= room; } else { const room = 0.06 * (high - low); low -= room; high += room; }
	const lastStep = Math.max(1, ...lines.map(line => line.steps[line.steps.length - 1]));
	const across = step => left + step / lastStep * (right - left);
	const down = value => {
		const at = Math.min(Math.max(value, low), high);
		return bottom - (scale(at) - scale(low)) / (scale(high) - scale(low)) * (bottom - top);
	};
	const path = (steps, values) => "M" + steps.map((step, at) => `${across(step).toFixed(1)} ${down(values[at]).toFixed(1)}`).join("L") + (steps.length === 1 ? "h0" : "");
	const parts = [];
	for (const value of ticksOf(low, high, logarithmic)) {
		const y = down(value).toFixed(1);
		parts.push(draw("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }), draw("text", { x: left - 8, y: Number(y) + 4, "text-anchor": "end" }, number(value)));
	}
	for (const step of ticksOf(0, lastStep, false)) {
		if (step % 1) continue;
		parts.push(draw("text", { x: across(step).toFixed(1), y: bottom + 18, "text-anchor": across(step) > right - 20 ? "end" : "middle" }, thousands(step)));
	}
	parts.push(draw("text", { x: left - 22, y: bottom + 18, "text-anchor": "end" }, "step"));
	for (const line of lines) {
		const { run, steps } = line;
		if (line.rough && line.rough !== line.values) {
			const isThinned = line.low.some((value, at) => value !== line.high[at]);
			if (isThinned) parts.push(coloured(draw("path", { class: "spread", d: path([...steps, ...[...steps].reverse()], [...line.low, ...[...line.high].reverse()]) + "z" }), run));
			else parts.push(coloured(draw("path", { class: "line rough", d: path(steps, line.rough) }), run));
		}
		if (known(line.baseline)) parts.push(coloured(draw("path", { class: "line baseline", d: `M${left} ${down(line.baseline).toFixed(1)}H${right}` }), run));
		parts.push(coloured(draw("path", { class: "line", d: path(steps, line.values) }), run));
		if (line.best) parts.push(coloured(draw("circle", { class: "star", cx: across(line.best.step).toFixed(1), cy: down(line.best.value).toFixed(1), r: 5 }), run));
	}
	const hover = draw("g");
	svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
	svg.setAttribute("aria-label", `${title}, by step, of ${lines.map(line => line.run.name).join(", ")}`);
	svg.replaceChildren(...parts, hover);
	plot.querySelector("figcaption").replaceChildren(title + " ", make("small", {}, help));
	plot.querySelector(".legend").replaceChildren(...lines.map(line => make("li", {}, coloured(make("i", { class: "swatch" }), line.run), line.run.name)));
	plot.unread = () => { hover.replaceChildren(); plot.querySelector(".read")?.remove(); };
	plot.read = event => { plot.at = (event.clientX - svg.getBoundingClientRect().left - left) / (right - left) * lastStep; readPlot(); };
	const readPlot = () => {
		plot.unread();
		const wanted = Math.min(Math.max(plot.at, 0), lastStep);
		const found = lines.map(line => ({ line, at: nearest(line.steps, wanted) }));
		const step = found.map(({ line, at }) => line.steps[at]).reduce((best, one) => Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best);
		hover.append(draw("line", { class: "pointer", x1: across(step), x2: across(step), y1: top, y2: bottom }));
		const table = make("div", { class: "read" }, make("div", {}, `step ${thousands(step)}`));
		for (const { line, at } of found) {
			if (line.steps[at] < step && at === line.steps.length - 1 && line.steps.length > 1 && step - line.steps[at] > line.steps[at] - line.steps[at - 1]) continue;
			hover.append(coloured(draw("circle", { class: "dot", cx: across(line.steps[at]), cy: down(line.values[at]), r: 4 }), line.run));
			table.append(make("div", {}, coloured(make("i", { class: "swatch" }), line.run), line.run.name, make("b", {}, figure(line.values[at]))));
		}
		plot.append(table);
		const isRight = across(step) > width / 2;
		const inside = svg.getBoundingClientRect(), outside = plot.getBoundingClientRect();
		table.style.top = `${inside.top - outside.top + top}px`;
		table.style.left = `${inside.left - outside.left + across(step) + (isRight ? -table.offsetWidth - 12 : 12)}px`;
	};
	if (known(plot.at)) readPlot();
};

const nearest = (steps, wanted) => {
	let low = 0, high = steps.length - 1;
	while (low < high) {
		const middle = (low + high) >> 1;
		if (steps[middle] < wanted) low = middle + 1; else high = middle;
	}
	return low > 0 && wanted - steps[low - 1] < steps[low] - wanted ? low - 1 : low;
};

// One training

let pictureName = "Contact sheet", keptStep = null;

const showChosen = () => {
	const run = runs.find(one => one.key === chosen), place = find("#seen");
	place.hidden = !run;
	if (!run) return;
	setText(place.querySelector("h2"), run.name);
	setText(place.querySelector(".path"), run.path + (run.started ? `, begun ${run.started.replace("T", " ").slice(0, 16)}` : ""));
	const isKnown = run.state !== "damaged";
	place.querySelector(".beside").hidden = !isKnown;
	if (!isKnown) return;
	showPictures(run, place);
	place.querySelector("[data-deed=stop] button").disabled = run.state !== "running";
	const length = place.querySelector("[name=steps]");
	if (length.dataset.of !== `${run.key} ${run.steps}`) { length.value = run.steps || ""; length.dataset.of = `${run.key} ${run.steps}`; }
	const settings = place.querySelector(".settings"), values = JSON.stringify(run.settings);
	if (settings.dataset.values !== values) {
		settings.dataset.values = values;
		settings.replaceChildren(...Object.entries(run.settings).flatMap(([name, value]) => [make("dt", {}, name.replace(/_/g, " ")), make("dd", {}, value)]));
	}
};

const showPictures = (run, place) => {
	place.querySelector(".pictures .none").hidden = run.pictures.length > 0;
	for (const part of place.querySelectorAll(".pictures .choice, .pictures figure")) part.hidden = !run.pictures.length;
	if (!run.pictures.length) return;
	const group = run.pictures.find(one => one.name === pictureName) || run.pictures[0];
	const choice = place.querySelector(".choice"), names = run.pictures.map(one => one.name).join();
	if (choice.dataset.names !== names) {
		choice.dataset.names = names;
		[...choice.querySelectorAll("label")].forEach(label => label.remove());
		for (const one of run.pictures) {
			const radio = make("input", { type: "radio", name: "picture", value: one.name });
			radio.addEventListener("change", () => { pictureName = one.name; showChosen(); });
			choice.append(make("label", {}, radio, one.name));
		}
	}
	for (const radio of choice.querySelectorAll("input")) radio.checked = radio.value === group.name;
	const steps = group.kept.map(([step]) => step), slider = place.querySelector(".kept");
	slider.max = steps.length - 1;
	// Until a step is chosen, the newest picture is shown.
	const at = keptStep === null ? steps.length - 1 : nearest(steps, keptStep);
	slider.value = at;
	slider.disabled = steps.length < 2;
	slider.setAttribute("aria-valuetext", `step ${steps[at]}`);
	const image = place.querySelector(".pictures img"), address = `runs/${run.key}/pictures/${encodeURIComponent(group.kept[at][1])}`;
	if (image.getAttribute("src") !== address) { image.setAttribute("src", address); image.parentElement.href = address; }
	const isBest = run.best && run.best.step === steps[at];
	const caption = `Step ${thousands(steps[at])}${isBest ? ", the best" : ""}${at === steps.length - 1 ? ", the newest" : ""}`;
	image.alt = `${group.name} of ${run.name}, step ${steps[at]}`;
	setText(place.querySelector(".pictures figcaption"), caption);
	slider.oninput = () => { keptStep = Number(slider.value) === steps.length - 1 ? null : steps[slider.value]; showChosen(); };
};

const steer = async event => {
	event.preventDefault();
	const form = event.target, answer = find(".answer");
	let outcome, isDone = false;
	try {
		const response = await fetch(`runs/${chosen}/${form.dataset.deed}`, { method: "POST", body: new URLSearchParams(new FormData(form)),
			headers: { "X-Watch-Token": find("#token").value.trim() } });
		outcome = await response.text();
		isDone = response.ok;
	} catch (error) {
		outcome = `the server does not answer (${error.message})`;
	}
	answer.classList.toggle("refused", !isDone);
	answer.textContent = outcome[0].toUpperCase() + outcome.slice(1) + ".";
	refresh();
};

// Again and again

const showAll = () => { showTable(); showCurves(); showChosen(); };

const fetchCurves = async () => {
	const wanted = runs.filter(run => ticked.has(run.key) && run.version && curves.get(run.key)?.version !== run.version);
	await Promise.all(wanted.map(async run => {
		const response = await fetch(`runs/${run.key}/curves.json`);
		if (response.ok) curves.set(run.key, { version: run.version, ...await response.json() });
	}));
	if (wanted.length) showCurves();
};

const refresh = async () => {
	const summary = find("#summary");
	try {
		const response = await fetch("runs.json");
		if (!response.ok) throw new Error(await response.text());
		runs = (await response.json()).runs;
		for (const run of runs) if (!slots.has(run.key)) slots.set(run.key, slots.size);
		if (isFirst && runs.length) {
			isFirst = false;
			runs.filter(run => run.state !== "damaged").slice(0, FIRST_DRAWN).forEach(run => ticked.add(run.key));
			chosen = [...ticked][0] || runs[0].key;
		}
		const running = runs.filter(run => run.state === "running").length;
		setText(summary, runs.length ? `${runs.length === 1 ? "One training" : `${runs.length} trainings`}, ${running || "none"} running; read every two seconds` : "No training is in these folders yet; this page looks every two seconds");
		summary.classList.remove("lost");
		for (const name of ["#runs", "#curves"]) find(name).hidden = !runs.length;
		showAll();
		await fetchCurves();
	} catch (error) {
		summary.classList.add("lost");
		setText(summary, `The server does not answer (${error.message}); what stands here is as it was. Is filmrecovery watch still running?`);
	}
};

find("#logarithmic").addEventListener("change", showCurves);
find("#smoothing").addEventListener("input", showCurves);
for (const form of document.querySelectorAll(".steering form")) form.addEventListener("submit", steer);
new ResizeObserver(showCurves).observe(find("#curves .plots"));
(async () => { for (;;) { await refresh(); await new Promise(done => setTimeout(done, EVERY)); } })();
