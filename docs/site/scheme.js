// SPDX-License-Identifier: BSL-1.0
//
// The reference is light or dark as the pages are: the choice is theirs, and is kept where they
// keep it. The button at the title changes it for both.
(() => {
  const key = new URL("..", location).pathname + ".__palette";
  const root = document.documentElement;
  const kept = () => {
    try { return JSON.parse(localStorage.getItem(key)); } catch { return null; }
  };
  const dark = () => kept()?.color
    ? kept().color.scheme === "slate" : matchMedia("(prefers-color-scheme: dark)").matches;
  const show = () => {
    root.classList.toggle("dark-mode", dark());
    root.classList.toggle("light-mode", !dark());
  };
  show();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  addEventListener("DOMContentLoaded", () => {
    const button = document.createElement("button");
    button.id = "scheme";
    button.title = button.ariaLabel = "Switch between light and dark";
    button.textContent = "◐";
    button.onclick = () => {
      const scheme = dark() ? "default" : "slate";
      try {
        localStorage.setItem(key, JSON.stringify({
          index: scheme === "slate" ? 1 : 0, color: { scheme, primary: "indigo", accent: "indigo" },
        }));
      } catch { /* it is not kept, then */ }
      show();
    };
    document.getElementById("projectname")?.append(button);
  });
})();
