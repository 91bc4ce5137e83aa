# SPDX-License-Identifier: BSL-1.0
#
# Sourced by the run.sh scripts, in the project's folder. `build_folder NAME` makes build/NAME
# ready, `need PACKAGE...` installs those Debian or Ubuntu packages that are missing, after it has
# said what each is for. Where it may not install, it says how to get them, and returns 1: the
# caller goes on with what is there.
#
# Two options of every such script are taken here, and the script sees the others alone:
#
#     --no-install     builds and tests with what is there
#     --packages       lists what the script would install if it were missing, and ends, whatever
#                      else is given

packages_option=''
for packages_argument; do
    shift
    case $packages_argument in
    --packages) packages_option=--packages ;;
    --no-install) packages_option=${packages_option:---no-install} ;;
    *) set -- "$@" "$packages_argument" ;;
    esac
done

# PACKAGE...: a line for each, with its reason of packages.txt.
packages_with_reasons() {
    local package pattern reason
    for package in "$@"; do
        while read -r pattern reason; do
            # shellcheck disable=SC2053
            [[ $pattern = '#' || $package != $pattern ]] || break
        done <tests/support/packages.txt
        [ "$reason" ] || {
            echo "aroma: tests/support/packages.txt does not say what $package is for:" \
                "add its line" >&2
            exit 2
        }
        printf '  %-28s %s\n' "$package" "$reason"
    done
}

need() {
    local package all missing=() known=() as_root=() \
        install=(apt-get install --no-install-recommends)
    all=$(packages_with_reasons "$@") || exit
    [ "$packages_option" != --packages ] || { echo "$all"; exit; }
    command -v dpkg-query >/dev/null || {
        echo "aroma: not a Debian or Ubuntu system; what is used here comes from these packages" \
            "there: $*" >&2
        return 1
    }
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
            missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "aroma: missing packages, and what each is for:"
    packages_with_reasons "${missing[@]}"
    if [ "$packages_option" = --no-install ]; then
        echo "aroma: they stay so; to install them: sudo ${install[*]} ${missing[*]}"
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! sudo -n true 2>/dev/null; then
            echo "aroma: not installed, since that needs root: sudo ${install[*]} ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo -n)
    fi
    echo "aroma: installing them (--no-install goes on without)"
    # Some of them would start a service: not on a machine that only wants to run tests. Packages
    # start theirs by the two programs that no_services has too, and this apt-get alone finds those
    # first: nothing of the system is changed that would have to be put back. Of two scripts at
    # once, the second waits.
    (
        quiet=$PWD/tests/support/no_services path=/usr/sbin:/usr/bin:/sbin:/bin
        exec 9</etc/apt && flock 9
        "${as_root[@]}" apt-get update -qq ||
            echo "aroma: apt-get update failed; trying with the old lists" >&2
        for package in "${missing[@]}"; do
            if [ -n "$(apt-cache madison "$package" 2>/dev/null)" ]; then known+=("$package"); else
                echo "aroma: this system has no package $package; what needs it is skipped" >&2
            fi
        done
        [ ${#known[@]} -gt 0 ] || exit 1
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive PATH="$quiet:$PATH:$path" \
            "${install[@]}" -y -qq \
            -o "DPkg::Path=$quiet:$path" -o DPkg::Lock::Timeout=600 "${known[@]}" >/dev/null && exit
        echo "aroma: could not install ${known[*]}: see what apt-get says above" >&2
        exit 1
    )
}

# FOLDER COMMAND...: of two runs that build in one folder, the second waits for the first.
alone() {
    if command -v flock >/dev/null; then flock -o "$@"; else "${@:2}"; fi
}

# CMake would refuse the cache of a checkout that was moved or copied since. What a run has found
# stays.
build_folder() {
    local cache=build/$1/CMakeCache.txt
    mkdir -p "build/$1" 2>/dev/null && [ -w "build/$1" ] || {
        echo "aroma: cannot write to $PWD/build/$1: build in a checkout of your own" >&2
        return 1
    }
    [ ! -f "$cache" ] || [ "$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")" -ef . ] ||
        rm -rf "$cache" "build/$1/CMakeFiles"
}
