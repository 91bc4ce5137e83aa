// SPDX-License-Identifier: BSL-1.0
//
// Chromium by Playwright, without what it does of its own accord.
import { createRequire } from "node:module";
import { resolve } from "node:path";

// FOLDER: where playwright-core is installed; settings.args are further arguments of Chromium's.
export function launch(folder, executablePath, profile, { args = [], ...settings } = {}) {
  const { chromium } = createRequire(resolve(folder, "x.js"))("playwright-core");
  return chromium.launchPersistentContext(profile, {
    executablePath, headless: true, ignoreHTTPSErrors: true, ...settings,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync", ...args],
  });
}
