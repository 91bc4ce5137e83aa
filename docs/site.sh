#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Makes the site of SOURCE: the pages with mkdocs, and the reference of the headers in them. Fails
# if the reference has a gap or mkdocs has a warning.
#
#     site.sh SOURCE INTO      INTO/html/index.html
set -u
command -v doxygen >/dev/null || { echo "aroma: skipped: no doxygen"; exit 0; }
unset CDPATH
source=$(cd "$1" && pwd) || exit 1
mkdir -p "$2" && into=$(cd "$2" && pwd) || exit 1
rm -rf "$into/pages" "$into/html" && mkdir -p "$into/pages" "$into/html" || exit 1
"$source/docs/reference.sh" "$source" "$into" >"$into/log" || { cat "$into/log"; exit 1; }

if ! command -v mkdocs >/dev/null || [ ! -d /usr/share/mkdocs/themes/material ]; then
    echo "$into/html/reference/index.html"
    echo "aroma: the pages are left out: they need mkdocs and mkdocs-material"
    exit 0
fi
mv "$into/html/reference" "$into/pages/" &&
    python3 "$source/docs/site/stage.py" "$source" "$into/pages" &&
    cp "$source/docs/site/site.css" "$into/pages/" || exit 1
cat >"$into/mkdocs.yml" <<YML
INHERIT: $source/docs/site/mkdocs.yml
docs_dir: $into/pages
site_dir: $into/html
theme: { custom_dir: $source/docs/site/theme }
YML
mkdocs --quiet build --strict --config-file "$into/mkdocs.yml" >"$into/log" 2>&1 ||
    { cat "$into/log"; exit 1; }
python3 "$source/docs/site/search.py" "$into/html" "$into/pages/generated.txt" >"$into/log" 2>&1 ||
    { cat "$into/log"; exit 1; }
rm -f "$into/html/generated.txt"
echo "$into/html/index.html"
