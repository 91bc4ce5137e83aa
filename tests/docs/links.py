# SPDX-License-Identifier: BSL-1.0
#
# No link of a built site is dead, to a file or to a place in it, and no page or style sheet loads
# anything from another host: pictures, scripts, styles, fonts, or a connection made in advance.
#
#     links.py SITE
import html.parser
import os
import pathlib
import re
import sys
import urllib.parse

site = pathlib.Path(sys.argv[1]).resolve()
faults, links, loads = set(), 0, 0


class Page(html.parser.HTMLParser):
    loading = {"script": ("src",), "img": ("src", "srcset"), "iframe": ("src",), "embed": ("src",),
               "source": ("src", "srcset"), "video": ("src", "poster"), "audio": ("src",),
               "object": ("data",), "input": ("src",), "image": ("href", "xlink:href"),
               "use": ("href", "xlink:href"), "form": ("action",)}

    def __init__(self, file):
        super().__init__()
        self.places, self.links, self.loads, self.style = {"", "top"}, [], [], False
        self.feed(file.read_text())

    def handle_starttag(self, tag, attributes):
        attributes = {name: value or "" for name, value in attributes}
        self.places.update(attributes[name] for name in ("id", "name") if name in attributes)
        self.style = tag == "style"
        if tag in ("a", "area") and "href" in attributes:
            self.links.append(attributes["href"])
        if tag == "link" and attributes.get("rel") not in ("canonical", "alternate", "author"):
            self.loads.append(attributes.get("href", ""))
        for name in self.loading.get(tag, ()):
            if attributes.get(name):
                self.loads += [part.split()[0] for part in attributes[name].split(",")]
        self.loads += urls(attributes.get("style", ""))

    def handle_data(self, data):
        if self.style:
            self.loads += urls(data)
            self.style = False


def urls(style):
    return [url for url in re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s;]+)""", style)
            if not url.startswith("data:")]


pages = {file: Page(file) for file in site.rglob("*.html")}


def there(of, target):
    """The file that a relative link leads to, or None."""
    path = urllib.parse.unquote(target)
    file = pathlib.Path(os.path.normpath(of.parent / path)) if path else of
    file = file / "index.html" if file.is_dir() else file
    return file if file.is_file() and file.is_relative_to(site) else None


def load(of, target):
    global loads
    loads += 1
    if target.startswith(("data:", "javascript:void")):
        return
    if re.match("([a-z]+:)?//|[a-z]+:", target):
        faults.add(f"{of.relative_to(site)} loads from elsewhere: {target}")
    elif not there(of, re.split("[?#]", target)[0]):
        faults.add(f"{of.relative_to(site)} loads what is not there: {target}")


for file, page in pages.items():
    for target in page.loads:
        load(file, target)
    for target in page.links:
        links += 1
        if re.match("https?://|mailto:|javascript:", target):
            continue
        path, _, place = target.partition("#")
        found = there(file, path.partition("?")[0]) if file.name != "404.html" else file
        if not found:
            faults.add(f"{file.relative_to(site)} links to {target}, which is not there")
        elif place and found in pages and urllib.parse.unquote(place) not in pages[found].places:
            faults.add(f"{file.relative_to(site)} links to {target}, which has no such place")
for file in site.rglob("*.css"):
    for target in urls(file.read_text()):
        load(file, target)

print("\n".join(sorted(faults)))
print(f"{len(pages)} pages, {links} links, {loads} loads, {len(faults)} faults")
sys.exit(bool(faults) or not links or not loads)
