// SPDX-License-Identifier: BSL-1.0
//
// The site in a real Chromium: the pages at a phone's width and the first ones at a desktop's,
// light and dark, with no request to another host and nothing wider than the window; its search,
// served and opened as a file; and the choice of light or dark, which pages and reference share.
//
//     node site_browser.mjs PLAYWRIGHT-FOLDER CHROMIUM SITE URL
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../support/browser.mjs";

const [folder, chromium, site, base] = process.argv.slice(2);
const few = ["index.html", "docs/usage.html", "examples/index.html", "reference/index.html",
  "reference/namespacearoma.html", "reference/classaroma_1_1ConnectionHistory.html"];
const all = readdirSync(site, { recursive: true }).filter(name => name.endsWith(".html"));
// but the texts of programs, of which one is enough
const pages = all.filter(name => !/^reference\/|\..*\./.test(name) || /tls_server/.test(name));
let failures = 0, loaded = 0;
const check = (truth, what) => { if (!truth) { ++failures; console.log(`FAILED: ${what}`); } };

const profiles = mkdtempSync(join(tmpdir(), "aroma-site-"));
async function open(settings) {
  const context = await launch(folder, chromium, join(profiles, String(Math.random())), {
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"], ...settings,
  });
  const page = context.pages()[0] ?? await context.newPage();
  page.on("request", request => check(
    request.url().startsWith(base) || /^(data|blob|file):/.test(request.url()),
    `${page.url()} asks another host: ${request.url()}`));
  page.on("console", message => message.type() === "error"
    && check(false, `${page.url()}: ${message.text()}`));
  page.on("pageerror", error => check(false, `${page.url()}: ${error.message}`));
  return { context, page };
}
const too_wide = page => page.evaluate(() =>
  document.documentElement.scrollWidth - document.documentElement.clientWidth);
// from 0, black, to 1
const ground = page => page.evaluate(() => {
  const colour = getComputedStyle(document.body).backgroundColor.match(/[\d.]+/g).map(Number);
  return (colour[0] + colour[1] + colour[2]) / 765;
});

for (const colorScheme of ["light", "dark"])
  for (const width of [390, 1400]) {
    const { context, page } = await open({ viewport: { width, height: 844 }, colorScheme });
    const some = width === 390 && colorScheme === "light" ? [...new Set([...pages, ...few])] : few;
    for (const name of some) {
      await page.goto(`${base}${name}`);
      const wider = await too_wide(page), bright = await ground(page);
      check(wider <= 0, `${name} is ${wider} px wider than ${width}`);
      check(colorScheme === "dark" ? bright < 0.3 : bright > 0.8,
        `${name}, ${colorScheme}: the ground is ${bright}`);
      ++loaded;
    }
    await context.close();
  }

for (const start of [base, `file://${site}/`]) {
  const { context, page } = await open({ viewport: { width: 1400, height: 900 },
    colorScheme: "light" });
  await page.goto(`${start}docs/usage.html`);
  await page.locator(".md-search__input").click();
  await page.keyboard.type("balancer", { delay: 20 });
  const hit = page.locator(".md-search-result__link").first();
  await hit.waitFor({ timeout: 10_000 }).catch(() => check(false, `no search: ${start}`));
  check(/balancer/.test(await page.locator(".md-search-result__list").innerText()
    .catch(() => "")), `what is searched for is not found: ${start}`);
  await page.goto(`${start}reference/index.html`);
  await page.locator("#MSearchField").click();
  await page.keyboard.type("random_token", { delay: 20 });
  await page.frameLocator("#MSearchResults").getByText("random_token").first()
    .waitFor({ timeout: 10_000 }).catch(() => check(false, `no search in the reference: ${start}`));
  await context.close();
}

const { context, page } = await open({ viewport: { width: 1400, height: 900 },
  colorScheme: "light" });
await page.goto(`${base}index.html`);
await page.locator("label.md-header__button[for^=__palette]:visible").click();
check(await ground(page) < 0.3, "the button does not make the pages dark");
await page.goto(`${base}reference/index.html`);
check(await ground(page) < 0.3, "the reference is not as dark as the pages");
await page.locator("#scheme").click();
check(await ground(page) > 0.8, "the reference's button does not make it light");
await page.goto(`${base}docs/limits.html`);
check(await ground(page) > 0.8, "the pages are not as light as the reference");
await context.close();

rmSync(profiles, { recursive: true, force: true });
check(loaded > pages.length && pages.length > 15, `only ${loaded} pages`);
console.log(`${loaded} pages looked at`);
process.exit(failures ? 1 : 0);
