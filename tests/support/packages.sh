# SPDX-License-Identifier: BSL-1.0
#
# Sourced by the run.sh scripts, in the project's folder. `build_folder NAME` makes build/NAME ready, `need PACKAGE...` installs those Debian or Ubuntu packages that are missing. Where it may not
# install, it names them, says how to get them, and returns 1: the caller goes on with what is there.

need() {
    local package missing=() known=() as_root=()
    command -v dpkg-query >/dev/null || {
        echo "aroma: not a Debian or Ubuntu system; what is used here comes from these packages there: $*" >&2
        return 1
    }
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "aroma: missing, and not installed since that needs root: sudo apt-get install ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo -n)
    fi
    echo "aroma: installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq || echo "aroma: apt-get update failed; trying with the old lists" >&2
    for package in "${missing[@]}"; do
        if [ -n "$(apt-cache madison "$package" 2>/dev/null)" ]; then known+=("$package"); else
            echo "aroma: this system has no package $package; what needs it is skipped" >&2
        fi
    done
    [ ${#known[@]} -gt 0 ] || return 1
    # Some of these packages would start a service: not on a machine that only wants to run tests. policy-rc.d is Debian's switch for
    # it, and does not stay, however this ends.
    (
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap '"${as_root[@]}" rm -f $policy' EXIT
            trap 'exit 130' INT TERM HUP
            printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee $policy >/dev/null && "${as_root[@]}" chmod 755 $policy
        fi
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${known[@]}" >/dev/null
    ) && return
    echo "aroma: could not install ${known[*]}: see what apt-get says above" >&2
    return 1
}

# A checkout that was moved since has a cache that CMake would refuse.
build_folder() {
    mkdir -p "build/$1" 2>/dev/null && [ -w "build/$1" ] || {
        echo "aroma: cannot write to $PWD/build/$1: build in a checkout of your own" >&2
        return 1
    }
    if [ -f "build/$1/CMakeCache.txt" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$PWD" "build/$1/CMakeCache.txt"; then
        rm -rf "build/$1" && mkdir "build/$1"
    fi
}
