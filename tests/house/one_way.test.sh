#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# The rule holds, and each breach of it is found in a copy that has it.
#
#     one_way.test.sh SOURCE
set -u
unset CDPATH
here=$(cd "$(dirname "$0")" && pwd)
source=$1
"$here/one_way.sh" "$source" || exit 1

work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT || exit 1
failed=0
finds() { # MESSAGE, after a breach in $work/copy
    local said
    said=$("$here/one_way.sh" "$work/copy") && { echo "not found: $1"; failed=1; }
    grep -qF -- "$1" <<<"$said" || { printf 'not said: %s\nbut:\n%s\n' "$1" "$said"; failed=1; }
}
copy() {
    rm -rf "$work/copy" &&
        mkdir -p "$work/copy/docs" &&
        cp -r "$source/include" "$source/CMakeLists.txt" "$work/copy" &&
        cp "$source/docs/HOUSE.md" "$work/copy/docs"
}

# A breach of each line of the rule.
knows() { # HEADER INCLUDED MESSAGE
    copy && echo "#include <aroma/$2>" >>"$work/copy/include/aroma/$1"
    finds "$3"
}
knows detail/logarithm.hpp duration.hpp \
    "detail/logarithm.hpp is of detail and includes duration.hpp"
knows duration.hpp linux/sock_diag.hpp "duration.hpp is of core and includes linux/sock_diag.hpp"
knows assessment.hpp operate/histogram.hpp \
    "assessment.hpp is of core and includes operate/histogram.hpp"
knows linux/tcp_info.hpp aroma.hpp "linux/tcp_info.hpp is of linux and includes aroma.hpp"
knows linux/sock_diag.hpp operate/baseline.hpp \
    "linux/sock_diag.hpp is of linux and includes operate/baseline.hpp"
knows operate/histogram.hpp decide/evidence.hpp \
    "operate/histogram.hpp is of operate and includes decide/evidence.hpp"
knows operate/baseline.hpp linux/score.hpp \
    "operate/baseline.hpp is of operate and includes linux/score.hpp"
knows decide/policy.hpp operate/baseline.hpp \
    "decide/policy.hpp is of decide and includes operate/baseline.hpp"
knows decide/policy.hpp linux/score.hpp \
    "decide/policy.hpp is of decide and includes linux/score.hpp"
knows integrations/fmt.hpp decide/policy.hpp \
    "integrations/fmt.hpp is of integrations and includes decide/policy.hpp"
knows aroma.hpp decide/policy.hpp "aroma.hpp is of umbrella and includes decide/policy.hpp"

copy && echo '#include <aroma/decide/policy.hpp>' >>"$work/copy/include/aroma/decide/likelihood.hpp"
finds "a cycle of includes goes through decide/"
copy && echo '#include "score.hpp"' >>"$work/copy/include/aroma/duration.hpp" &&
    echo '#include "duration.hpp"' >>"$work/copy/include/aroma/score.hpp"
finds "a cycle of includes goes through"
copy && mkdir "$work/copy/include/aroma/attic" &&
    cp "$work/copy/include/aroma/score.hpp" "$work/copy/include/aroma/attic/score.hpp"
finds "attic/score.hpp is in a folder of which no rule says whom it may know"
copy && cp "$work/copy/include/aroma/score.hpp" "$work/copy/include/aroma/unknown.hpp"
finds "docs/HOUSE.md has no unknown.hpp"
copy && rm "$work/copy/include/aroma/operate/prometheus.hpp"
finds "docs/HOUSE.md has operate/prometheus.hpp, which is not in include/aroma"
copy && sed -i '/include\/aroma\/operate\/prometheus.hpp/d' "$work/copy/CMakeLists.txt"
finds "CMakeLists.txt has no include/aroma/operate/prometheus.hpp in its file sets"
copy && sed -i '3s/a number/some number/' "$work/copy/include/aroma/score.hpp"
finds "score.hpp opens with some number in"
exit $failed
