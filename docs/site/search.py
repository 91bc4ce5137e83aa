#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
#
# What the search of a built site finds: its pages, without the programs that they link to. And
# search/as_file.js, by which it also works if the site is opened as files: a browser starts no
# worker from a file, and fetches none, so both are in that script.
#
#     search.py SITE GENERATED      generated.txt of stage.py
import json
import pathlib
import sys

site = pathlib.Path(sys.argv[1])
generated = {f"{name}.html" for name in pathlib.Path(sys.argv[2]).read_text().split()}
file = site / "search/search_index.json"
index = json.loads(file.read_text())
index["docs"] = [entry for entry in index["docs"]
                 if entry["location"].partition("#")[0] not in generated]
file.write_text(json.dumps(index))
worker, = (site / "assets/javascripts/workers").glob("search.*.min.js")
(site / "search/as_file.js").write_text("""\
if (location.protocol === "file:") {
  window.__index = %s;
  window.__search = {index: Promise.resolve(__index)};
  const text = %s;
  window.Worker = class extends Worker {
    constructor() { super(URL.createObjectURL(new Blob([text], {type: "text/javascript"}))); }
  };
}
""" % (json.dumps(index), json.dumps(worker.read_text().partition("//# sourceMappingURL")[0])))
(site / "search/search_index.js").write_text("// as_file.js has it\n") # what newer themes ask for
for file in [*site.glob("assets/**/*.map"), site / "404.html"]:
    file.unlink(missing_ok=True) # of the theme's own sources; with paths from the host's root
print(len(index["docs"]), "texts to search")
