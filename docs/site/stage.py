#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
#
# Lays out the pages for mkdocs, at the paths that they have in the source, so that their links are
# the same here and there. What a page links to and is no page (a program, a table of figures, a
# folder) becomes one: its text, or the list of its files.
#
#     stage.py SOURCE INTO
import os
import pathlib
import re
import shutil
import sys

source, into = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md",
         "benchmarks/README.md", "benchmarks/results/table.md", "tests/README.md",
         *(f"docs/{page.name}" for page in sorted((source / "docs").glob("*.md")))]
languages = {".hpp": "cpp", ".cpp": "cpp", ".sh": "bash", ".py": "python", ".js": "js",
             ".mjs": "js", ".json": "json", ".yml": "yaml", ".cmake": "cmake", ".html": "html",
             ".css": "css", ".awk": "awk", ".conf": "nginx"}
generated = {}


def write(path, text):
    (into / path).parent.mkdir(parents=True, exist_ok=True)
    (into / path).write_text(text)


def page_of(path):
    """The page, or the file, that stands for a path of the source."""
    if path in pages or path in generated:
        return generated.get(path, path)
    real = source / path
    if real.is_dir():
        if f"{path}/README.md" in pages:
            return f"{path}/README.md"
        names = sorted(str(file.relative_to(real)) for file in real.rglob("*")
                       if file.is_file() and "__pycache__" not in file.parts)
        generated[path] = f"{path}/index.md"
        write(generated[path], f"# {path}\n\nThe source has in this folder:\n\n"
              + "".join(f"- `{name}`\n" for name in names))
        return generated[path]
    try:
        if real.suffix in (".svg", ".png"):
            raise ValueError("a picture")
        text = real.read_text()
    except ValueError: # no text
        generated[path] = path
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(real, into / path)
        return path
    generated[path] = f"{path}.md"
    fence = "~" * 12
    write(generated[path], f"# {path}\n\n{fence} {languages.get(real.suffix, 'text')}\n"
          + text.rstrip("\n") + f"\n{fence}\n")
    return generated[path]


def with_links(page, line):
    folder = os.path.dirname(page)

    def link(match):
        target, hash_, anchor = match[2].partition("#")
        if not target or re.match("[a-z]+:", target):
            return match[0]
        path = os.path.normpath(os.path.join(folder, target))
        if not (source / path).exists():
            sys.exit(f"{page} links to {match[2]}, which is not there")
        return f"{match[1]}({os.path.relpath(page_of(path), folder or '.')}{hash_}{anchor})"

    return re.sub(r"(\])\(([^() ]+)\)", link, line)


for page in pages:
    lines, code, before = [], False, ""
    for line in (source / page).read_text().split("\n"):
        fence = line.lstrip().startswith("```")
        if not code and not fence:
            item = r"[-*] |\d+\. "
            if re.match(item, line) and before and not re.match(item + "| ", before):
                lines.append("") # GitHub begins a list behind a paragraph's line
            line = with_links(page, line)
        code ^= fence
        lines.append(line)
        before = line
    write(page, "\n".join(lines))
(into / "generated.txt").write_text("\n".join(sorted(
    page[:-3] for page in generated.values() if page.endswith(".md"))) + "\n")
