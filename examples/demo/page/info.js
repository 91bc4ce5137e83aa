// SPDX-License-Identifier: BSL-1.0
// The live page: fetches behind redirects and a WebSocket, each answered by this machine; what the server measured of them, what the
// browser did, on one axis. Words and verdict are the server's.
"use strict";
const live = document.getElementById("live");
const by = id => document.getElementById(id);
const NS = "http://www.w3.org/2000/svg";

// What is shown, from bottom to top of the stack. `up`: answered above TCP.
const kinds = [
  { id: "tcp", name: "TCP", long: "TCP" },
  { id: "tls", name: "TLS", long: "TLS handshake", up: true },
  { id: "redirect", name: "Redirect", long: "Redirect followed", up: true },
  { id: "ping", name: "Ping", long: "Ping (browser: echo)", up: true },
  { id: "fetch", name: "Script", long: "Request of the script", up: true },
];
for (const kind of kinds) Object.assign(kind, { server: [], browser: [] });
const kindOf = id => kinds.find(kind => kind.id === id);

const add = (id, side, ms) => { if (ms > 0 && Number.isFinite(ms)) kindOf(id)[side].push(ms); };
const lowest = list => list.length ? Math.min(...list) : NaN;
const text = ms => Number.isNaN(ms) ? "-" : ms < 0.1 ? `${Math.round(ms * 1000)}\u00a0µs` : `${ms.toFixed(1)}\u00a0ms`;

// Every connection of this page is seen by itself; of those that have answered often, the one with the least excess speaks for all.
const connections = new Map();
const counts = new Map();
function seen(one) {
  connections.set(one.connection, one);
  if (one.tcp.minimum_us) add("tcp", "server", one.tcp.minimum_us / 1000);
  for (const [kind, exchange] of Object.entries(one.exchanges)) {
    const key = `${one.connection} ${kind}`, before = counts.get(key) ?? 0;
    counts.set(key, exchange.count);
    if (exchange.count > before && kindOf(kind)) add(kind, "server", exchange.last_us / 1000);
  }
  show();
}
const often = 8;
const better = (a, b) => a.counted >= often && b.counted >= often ? a.excess_us < b.excess_us
  : a.counted >= b.counted;
const best = () => [...connections.values()].reduce((a, b) => better(b, a) ? b : a);

// ------------------------------------------------------------------------------------------------------------------------ the plot

function make(name, attributes, content) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (content !== undefined) made.textContent = content;
  return made;
}

function scale(most) { // a round number of milliseconds above all, and the step of its ticks
  const rough = Math.max(most, 0.2) / 4, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find(factor => factor * power >= rough);
  return { step, end: Math.ceil(most / step + 0.15) * step };
}

function draw(below, above, verdict) {
  const plot = by("plot"), width = Math.max(300, plot.clientWidth || 680), left = 74, right = 14, top = 40, row = 38;
  const bottom = top + kinds.length * row, height = bottom + 30;
  const main = kinds.flatMap(kind => [...kind.server, lowest(kind.browser)]).filter(Number.isFinite);
  const sorted = main.sort((a, b) => a - b);
  const { step, end } = scale(Math.max(above * 1.25 || 0, sorted[Math.floor(sorted.length * 0.75)] ?? 1));
  const x = ms => left + Math.min(ms / end, 1) * (width - left - right);
  const parts = [];
  for (let tick = 0; tick <= end * 1.0001; tick += step) {
    parts.push(make("line", { class: "tick", x1: x(tick), x2: x(tick), y1: top, y2: bottom }));
    parts.push(make("text", { x: x(tick), y: bottom + 18, "text-anchor": "middle" }, tick === 0 ? "0 ms" : String(+tick.toPrecision(3))));
  }
  const apart = above > below && verdict !== "same machine";
  if (apart) parts.push(make("rect", { class: "band", x: x(below), width: x(above) - x(below), y: top, height: bottom - top }));
  kinds.forEach((kind, i) => {
    const y = top + (i + 0.5) * row, group = make("g", { class: kind.up ? "up" : "down" });
    group.append(make("line", { class: "row", x1: left, x2: width - right, y1: y, y2: y }));
    group.append(make("text", { class: "name", x: 0, y: y + 5 }, kind.name));
    for (const [side, r] of [["browser", 6.5], ["server", 4.5]]) { // the quickest, which counts, is plain; the others are faint
      const within = kind[side].filter(ms => ms <= end), quickest = lowest(within);
      for (const ms of within.slice(-40)) group.append(make("circle", { class: `${side} slower`, cx: x(ms), cy: y, r }));
      if (within.length) group.append(make("circle", { class: side, cx: x(quickest), cy: y, r }));
    }
    if ([...kind.server, ...kind.browser].some(ms => ms > end)) group.append(make("path", { class: "beyond", d: `M${width - right + 3} ${y - 5}l5 5l-5 5` }));
    parts.push(group);
  });
  if (below > 0) {
    const wide = apart && x(above) - x(below) > 90;
    parts.push(make("line", { class: "edge tcp", x1: x(below), x2: x(below), y1: top - 6, y2: bottom }));
    if (apart) {
      parts.push(make("line", { class: "edge above", x1: x(above), x2: x(above), y1: top - 6, y2: bottom }));
      if (wide) {
        const y = top - 6;
        parts.push(make("path", { class: "edge above", d: `M${x(below) + 3} ${y}H${x(above)}m-6 -4l6 4l-6 4M${x(below) + 9} ${y - 4}l-6 4l6 4` }));
      }
    }
    const same = !wide && (!apart || verdict === "normal");
    const said = verdict === "unknown" ? "not finished"
      : verdict === "same machine" ? "the machine's own work" : same ? "one and the same way"
      : `${text(above - below)} more`;
    const at = wide ? (x(below) + x(above)) / 2 : x(Math.max(below, above || 0)), half = said.length * 4.2; // within the plot
    parts.push(make("text", { class: same ? "mark tcp" : "mark excess", x: Math.min(Math.max(at, half), width - half), y: top - 18, "text-anchor": "middle" }, said));
  }
  plot.setAttribute("viewBox", `0 0 ${width} ${height}`);
  plot.replaceChildren(by("plot-title"), by("plot-text"), ...parts);
}

// ------------------------------------------------------------------------------------------------------------------------ the words

function put(id, value) { // a screen reader hears of changes alone
  const element = by(id);
  if (element.textContent !== value) element.textContent = value;
}

let planned = 0;
function show() {
  planned ||= requestAnimationFrame(() => { planned = 0; shown(); });
}
function shown() {
  const one = best();
  const below = one.assessment.minimum_us / 1000, above = one.assessment.application_us / 1000;
  draw(below, above, !one.finished ? "unknown" : one.same_machine ? "same machine" : one.assessment.band);
  put("headline", one.headline);
  put("distance", one.distance);
  if (!running) put("reason", one.text);
  put("plot-text", `TCP's quickest round trip took ${text(below)}, the quickest answer of your own machine ${text(above)}; ${text(one.excess_us / 1000)} lie between them.`);
  const rows = kinds.map(kind => {
    const line = document.createElement("tr");
    const name = document.createElement("th");
    name.scope = "row";
    name.textContent = kind.long;
    line.append(name);
    const times = kind.id === "tcp" ? (kind.browser.length || 1) : Math.max(kind.server.length, kind.browser.length);
    for (const cell of [String(times), text(lowest(kind.server)), text(lowest(kind.browser))])
      line.append(Object.assign(document.createElement("td"), { textContent: cell }));
    return line;
  });
  by("rows").replaceChildren(...rows);
}

// ------------------------------------------------------------------------------------------------------------------------ the exchanges

// Each is a redirect, which the browser follows by itself, to an answer with the token for the next; that is asked for before anything
// else is done, so that the server's clock counts as little of this script as can be.
async function fetches(token, times) {
  const ask = () => fetch(`/hop?t=${token}`, { cache: "no-store" });
  let asked = ask();
  for (let i = 1; i <= times; ++i) {
    const answer = await asked, said = await answer.json();
    if (!answer.ok) throw new Error(said.reason);
    token = said.next;
    if (i < times) asked = ask();
    const entry = performance.getEntriesByType("resource").filter(e => e.name.includes("/hop?") && e.responseStart > 0).pop();
    if (entry && entry.responseStart > entry.requestStart && entry.requestStart > 0) {
      add("fetch", "browser", entry.responseStart - entry.requestStart);
      if (entry.redirectEnd > entry.redirectStart) add("redirect", "browser", entry.redirectEnd - entry.redirectStart);
    }
    performance.clearResourceTimings();
    seen(said.seen);
    progress(`Measuring: ${i} of ${times} requests`);
  }
}

function pings(token) {
  return new Promise((done, failed) => {
    const socket = new WebSocket(`wss://${location.host}/live?t=${token}`);
    let mark = 0, sent = 0, ended = false;
    socket.onmessage = message => {
      const now = performance.now();
      if (!message.data.startsWith("{")) {
        if (message.data === String(mark)) add("ping", "browser", now - sent);
        return show();
      }
      const said = JSON.parse(message.data);
      sent = performance.now();
      socket.send(String(++mark));
      seen(said.seen);
    };
    socket.onclose = event => {
      ended = event.code === 1000;
      ended ? done() : failed(new Error(event.code === 1001 ? "the server is being stopped" : "the WebSocket has ended"));
    };
  });
}

// What the browser tells of the connections that it opened for this page.
function connects() {
  for (const entry of [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]) {
    if (!(entry.secureConnectionStart > entry.connectStart)) continue; // it was there before
    add("tcp", "browser", entry.secureConnectionStart - entry.connectStart);
    add("tls", "browser", entry.connectEnd - entry.secureConnectionStart);
  }
}

let running = true;
const progress = value => put("progress", value);

async function run() {
  connects();
  seen(JSON.parse(live.dataset.seen));
  addEventListener("resize", show);
  by("again").addEventListener("click", () => location.assign("/info"));
  try {
    await fetches(live.dataset.hop, 8);
    progress("Measuring: the WebSocket's pings");
    await pings(live.dataset.websocket);
    progress("Measured");
    live.classList.add("done");
  } catch (error) {
    progress(`Ended early: ${error.message}`);
  }
  running = false;
  show();
}
run();
