// SPDX-License-Identifier: BSL-1.0
//
// A person with a browser: pages, reloads, the way back, an upload and a download, on every server.
//
//     node browse.mjs PLAYWRIGHT-FOLDER CHROMIUM SERVER-ADDRESS SERVERS      as people.py takes them
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../support/browser.mjs";

const [folder, executablePath, address, servers] = process.argv.slice(2);
const pause = (page, most) => page.waitForTimeout(Math.random() * most);
const profile = mkdtempSync(join(tmpdir(), "aroma-honest-"));
let failed = 0;
const context = await launch(folder, executablePath, profile);
context.setDefaultTimeout(30_000);
for (const [server, port] of servers.split(",").map(each => each.split(":"))) {
  const url = `${port >= 9443 ? "https" : "http"}://${address}:${port}`;
  const page = await context.newPage();
  try {
    const again = { epoll_server: "/", threads: "/", tls_server: "/4", demo: "/score" }[server];
    await page.goto(`${url}/`);
    await pause(page, 2000);
    await page.reload();
    await pause(page, 1000);
    await page.goto(url + (again ?? "/?again"));
    await pause(page, 1000);
    await page.goBack();
    if (server === "websocket_ping")
      await page.waitForFunction(() => document.getElementById("shown").textContent[0] === "{");
    if (server === "plain")
      await page.evaluate(async () => {
        await fetch("/upload", { method: "POST", body: new Uint8Array(200_000) });
        await (await fetch("/big")).arrayBuffer();
        await fetch("/");
      });
    await pause(page, 3000);
    await page.goto(`${url}/`);
  } catch (error) {
    ++failed;
    console.log(`${server}: ${error.message.split("\n")[0]}`);
  }
  await page.close();
}
await context.close();
rmSync(profile, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
