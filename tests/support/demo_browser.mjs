// SPDX-License-Identifier: BSL-1.0
//
// The demo in a real Chromium: what a person sees, reads, hears and reaches by keyboard. Prints one line a page, and FAILED lines.
//
//     node demo_browser.mjs PLAYWRIGHT-FOLDER CHROMIUM URL [--expect direct|proxied] [--all] [--pictures PREFIX] [-- CHROMIUM-ARGUMENT...]
//
//     --expect    what the path is in truth: which verdict must be there
//     --all       dark and light, phone and desktop, keyboard, without scripts; and not the verdict alone
//     --pictures  PREFIX.png, the top of the live page, and with --all others beside it
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "./browser.mjs";

const [folder, executablePath, base, ...rest] = process.argv.slice(2);
const end = rest.indexOf("--"), options = end < 0 ? rest : rest.slice(0, end), args = end < 0 ? [] : rest.slice(end + 1);
const option = name => options.includes(name) ? options[options.indexOf(name) + 1] : undefined;
const expected = option("--expect"), pictures = option("--pictures"), all = options.includes("--all");

let failures = 0;
const check = (truth, what) => { if (!truth) { ++failures; console.log(`FAILED: ${what}`); } };

const profile = mkdtempSync(join(tmpdir(), "aroma-chromium-"));
async function open(settings, more = []) {
  const context = await launch(folder, executablePath, join(profile, String(Math.random())),
    { viewport: { width: 1200, height: 900 }, ...settings, args: [...args, ...more] });
  context.setDefaultTimeout(45_000);
  const page = context.pages()[0] ?? await context.newPage();
  page.complaints = [];
  page.on("console", message => { if (["error", "warning"].includes(message.type())) page.complaints.push(message.text()); });
  page.on("pageerror", error => page.complaints.push(error.message));
  page.on("requestfailed", request => page.complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  return { context, page };
}
const text = (page, selector) => page.locator(selector).innerText();
const wide = page => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
const measured = page => page.waitForFunction(() => document.getElementById("live").classList.contains("done")
  || document.getElementById("progress").textContent.startsWith("Ended early"));
// The least contrast of a page's texts with what is behind them (WCAG 2, 1.4.3), for plain colours.
const contrast = page => page.evaluate(() => {
  const numbers = colour => colour.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => { for (let e = element; e; e = e.parentElement) { const c = numbers(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0) return c; } return [255, 255, 255]; };
  let least = { ratio: 99 };
  for (const e of document.querySelectorAll("h1, h2, p, a, button, th, td, caption, summary, figcaption, footer, svg text")) {
    const svg = e instanceof SVGElement, a = light(numbers(svg ? getComputedStyle(e).fill : getComputedStyle(e).color)), b = light(behind(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least.ratio) least = { ratio, text: e.textContent.slice(0, 40) };
  }
  return least;
});

try {
  // The verdict, and behind its question the page itself.
  {
    const { context, page } = await open({});
    const answer = await page.goto(base);
    check(answer.status() === 200, `/ is ${answer.status()}`);
    let badge = await text(page, ".badge"), headline = await text(page, "h1"), lead = await text(page, ".lead");
    console.log(`${badge}: ${headline}. ${lead}`);
    // On the loopback all of a connection's probes may be void.
    const unfinished = badge === "One question first" && lead.startsWith("Your machine has to");
    check((!expected && unfinished)
      || /takes [\d.]+\s(ms|µs); your own machine answers after [\d.]+\s(ms|µs)/.test(lead),
      `no numbers in: ${lead}`);
    check(new URL(page.url()).pathname === "/" && new URL(page.url()).search === "", `a used token stays in the address: ${page.url()}`);
    if (expected === "direct") check(badge === "Allowed", `a direct client is told: ${badge}`);
    if (expected === "proxied") {
      check(badge === "One question first" && headline === "Probably through a proxy", `a proxied client is told: ${badge}: ${headline}`);
      check((await text(page, "main")).includes("nobody is turned away"), "no reason beside the question");
      await page.getByRole("button", { name: "Go on" }).press("Enter");
      await page.waitForURL("**/");
      badge = await text(page, ".badge");
      check(badge === "Allowed, you went on", `behind the button: ${badge}`);
      await page.reload();
      check((await text(page, ".badge")) === "Allowed, you went on", "a reload asks again");
    }
    check(page.complaints.length === 0, `complaints: ${page.complaints}`);
    await context.close();
  }

  // The live page: numbers of both sides, the plot, its text.
  const { context, page } = await open({});
  await page.goto(new URL("/info", base).href);
  await measured(page);
  const headline = await text(page, "#headline"), progress = await text(page, "#progress");
  check(progress === "Measured", `the measurement says: ${progress}`);
  const rows = Object.fromEntries(await page.locator("#rows tr").evaluateAll(lines => lines.map(line => [line.cells[0].textContent.split(/[ ,:]/)[0], [...line.cells].slice(1).map(c => c.textContent)])));
  const ms = value => value.endsWith("µs") ? parseFloat(value) / 1000 : parseFloat(value);
  console.log(`live: ${headline}; ${Object.entries(rows).map(([kind, cells]) => `${kind} ${cells.join(" ")}`).join("; ")}`);
  console.log(`protocol: ${await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol)}`);
  // On the loopback of a busy machine the kernel may see a handshake's flights within one tick, and then they are no such moment.
  for (const kind of ["TCP", ...(expected ? ["TLS"] : []), "Redirect", "Ping", "Request"]) check(rows[kind] && ms(rows[kind][1]) > 0, `the server has not measured: ${kind}`);
  for (const kind of ["Redirect", "Ping", "Request"]) check(ms(rows[kind]?.[2]) > 0, `the browser has not measured: ${kind}`);
  check(Number(rows.Ping?.[0]) >= 20 && Number(rows.Redirect?.[0]) >= 8, `too few: ${JSON.stringify(rows)}`);
  const dots = await page.locator("#plot circle.server.slower").count();
  check(dots >= 25, `${dots} dots of the server's`);
  const where = await page.evaluate(() => { const x = c => c ? Number(c.getAttribute("x1")) : NaN; return { tcp: x(document.querySelector("#plot .edge.tcp")), above: x(document.querySelector("#plot line.edge.above")) }; });
  check(where.tcp > 0, "TCP's line is not drawn");
  if (expected === "direct") {
    check(["No proxy in sight", "Probably direct"].includes(headline), `a direct client is told: ${headline}`);
    check(Number.isNaN(where.above) || where.above - where.tcp < 160, `a gap is drawn: ${JSON.stringify(where)}`);
  }
  if (expected === "proxied") {
    check(headline === "Probably through a proxy", `a proxied client is told: ${headline}`);
    check(where.above - where.tcp > 200, `no gap is drawn: ${JSON.stringify(where)}`);
    check(/[\d,]+\skm/.test(await text(page, "#distance")) && (await text(page, "#distance")).includes("from the proxy"), `no distance: ${await text(page, "#distance")}`);
    check(ms(rows.Redirect[1]) - ms(rows.TCP[1]) > 30, "the server's numbers have no gap");
  }
  const said = await page.locator("#plot .mark").textContent();
  const own = headline === "This is the server's own machine";
  check(own ? !expected && said === "the machine's own work" && Number.isNaN(where.above)
    : headline === "No proxy in sight" ? /one and the same way| more$/.test(said) : / more$/.test(said), `${headline}, and the plot says: ${said}`);
  const label = await page.locator("#plot-text").textContent();
  check(/quickest round trip took [\d.]+\s(ms|µs), the quickest answer of your own machine [\d.]+\s(ms|µs)/.test(label), `the plot's text: ${label}`);
  check(await page.getByRole("img", { name: "Round trips, in milliseconds, on one axis" }).count() === 1, "the plot has no name");
  check(await page.getByRole("status").count() === 1, "there is no live region");
  check(await page.getByRole("table", { name: "Quickest of each kind" }).count() === 1, "the table has no name");
  check(page.complaints.length === 0, `complaints: ${page.complaints}`);
  if (pictures) { // down to the sentence below the plot
    await page.setViewportSize({ width: 760, height: 900 });
    await page.waitForTimeout(300);
    const { y, height } = await page.locator("#distance").boundingBox();
    await page.screenshot({ path: `${pictures}.png`, clip: { x: 0, y: 0, width: 760, height: y + height + 8 } });
  }
  if (all) {
    const order = [];
    for (let i = 0; i < 6; ++i) { await page.keyboard.press("Tab"); order.push(await page.evaluate(() => document.activeElement.textContent.trim())); }
    check(order.join("|") === "Measure again|The verdict|What is measured, and what it cannot see|/score|/req.json|" + order[5], `the keyboard's order: ${order}`);
    const outline = await page.evaluate(() => { document.getElementById("again").focus(); return getComputedStyle(document.activeElement).outlineStyle; });
    check(outline === "solid", `focus is not seen: ${outline}`);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.getElementById("progress")?.textContent.startsWith("Measuring"));
    await measured(page);
    check((await text(page, "#progress")) === "Measured", "a second time does not work");
  }
  await context.close();

  if (all) {
    for (const [name, settings] of [["phone", { viewport: { width: 360, height: 740 } }], ["phone-dark", { viewport: { width: 360, height: 740 }, colorScheme: "dark" }],
      ["tiny", { viewport: { width: 320, height: 568 } }], ["dark", { colorScheme: "dark" }], ["wide", { viewport: { width: 2560, height: 1300 } }]]) {
      const { context, page } = await open(settings);
      for (const path of ["/", "/info"]) {
        await page.goto(new URL(path, base).href);
        if (path === "/info" && (pictures || !["phone-dark", "wide"].includes(name))) await measured(page); // 7 s each
        const outside = await page.evaluate(() => { const plot = document.querySelector("#plot")?.getBoundingClientRect(); return plot ? [...document.querySelectorAll("#plot text")].filter(t => { const box = t.getBoundingClientRect(); return box.left < plot.left - 8 || box.right > plot.right + 8; }).map(t => t.textContent) : []; });
        check(outside.length === 0, `${name} ${path}: outside of the plot: ${outside}`);
        check(await wide(page) <= 0, `${name} ${path}: scrolls sideways by ${await wide(page)} pixels`);
        const least = await contrast(page);
        check(least.ratio >= 4.5, `${name} ${path}: contrast ${least.ratio.toFixed(2)} of "${least.text}"`);
        const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number).reduce((a, b) => a + b));
        check(settings.colorScheme === "dark" ? paper < 200 : paper > 600, `${name} ${path}: the paper is ${paper}`);
        if (pictures) await page.screenshot({ path: `${pictures}-${name}${path === "/" ? "-verdict" : ""}.png`, fullPage: true });
      }
      check(page.complaints.length === 0, `${name}: complaints: ${page.complaints}`);
      await context.close();
    }
    {
      const { context, page } = await open({ javaScriptEnabled: false });
      await page.goto(new URL("/info", base).href);
      check((await text(page, "noscript")).includes("Without scripts"), "without scripts the live page says nothing");
      await page.goto(base);
      check((await text(page, ".badge")).length > 0, "without scripts there is no verdict");
      // A connection that has followed all its redirects is shown the verdict at once, without a token.
      check(new URL(page.url()).search !== "" || expected, "there is no token in the address");
      if (new URL(page.url()).search !== "") {
        await page.reload();
        check((await text(page, ".lead")).includes("has been used"), "a used token is taken twice");
        await page.getByRole("link", { name: "Begin anew" }).click();
        check((await text(page, ".badge")).startsWith("Allowed") || expected === "proxied", "beginning anew does not work");
      }
      await context.close();
    }
  }
} catch (error) {
  ++failures;
  console.log(`FAILED: ${error.message}`);
} finally {
  rmSync(profile, { recursive: true, force: true });
}
process.exit(failures ? 1 : 0);
