#!/bin/sh
# A 32-bit Debian with wine in a folder of its own, for running 32-bit Windows programs on a 64-bit Linux.
set -eu

usage() {
    cat <<'TEXT'
usage: native/i386.sh make                        make the folder, if it is not there (debootstrap, unshare, apt)
       native/i386.sh ready                       whether it is there and can be used; the reason why not
       native/i386.sh run FOLDER PROGRAM [ARGS]   run FOLDER/PROGRAM under wine, with FOLDER as its working folder

The folder is $YIQIAO_I386, else yiqiao/i386 in the user's cache; about 1.1 GB. A run sees it through a layer of its own,
which is gone afterwards: runs do not see each other, and nothing but FOLDER changes. The network is the machine's.
$YIQIAO_I386_AUTHORITY: a certificate (PEM) that a run takes for an authority of the machine.
All of it needs root; sudo is used where it asks for no password.
TEXT
}

fail() { echo "i386: $*" >&2; exit 125; }

root=${YIQIAO_I386:-${XDG_CACHE_HOME:-$HOME/.cache}/yiqiao/i386}

check() {
    for tool in "$@"; do command -v "$tool" >/dev/null || fail "$tool is not installed"; done
}

# The suite and the mirror that this machine's own packages come from.
mirror() {
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
        awk '$1 == "Debian" && $2 == "main" && $3 !~ /-/ { print $3, $4; exit }'
}

make() {
    [ ! -e "$root/made" ] || return 0
    check debootstrap unshare chroot apt-get flock
    mkdir -p "${root%/*}"
    exec 9>"$root.lock"
    flock 9
    [ ! -e "$root/made" ] || return 0
    from=$(mirror)
    [ -n "$from" ] || fail "apt here knows no Debian mirror (run apt-get update)"
    new=$root.new
    rm -rf "$new"
    # Made under another name and renamed at the end, so that it is whole or not there.
    debootstrap --arch=i386 --variant=minbase --components=main "${from% *}" "$new" "${from#* }" >"$root.log" 2>&1 ||
        fail "debootstrap failed, see $root.log"
    # shellcheck disable=SC2016
    unshare --mount --pid --fork sh -euc '
        mount -t proc proc "$1/proc"
        chroot "$1" apt-get install -y -qq --no-install-recommends wine wine32 ca-certificates
        chroot "$1" apt-get clean
        WINEDEBUG=-all chroot "$1" wineboot --init
        WINEDEBUG=-all chroot "$1" wineserver --wait
    ' i386 "$new" </dev/null >>"$root.log" 2>&1 || fail "installing wine failed, see $root.log"
    touch "$new/made"
    rm -rf "$root"
    mv "$new" "$root"
}

ready() {
    check unshare chroot mount
    [ -e "$root/made" ] || fail "$root is not there: native/i386.sh make"
    unshare --mount --pid --fork true || fail "no namespaces are allowed here"
}

run() {
    [ $# -ge 2 ] || { usage >&2; exit 2; }
    ready
    folder=$(cd -- "$1" && pwd -P)
    shift
    # shellcheck disable=SC2016
    exec unshare --mount --pid --fork --kill-child sh -euc '
        root=$1 folder=$2 program=$3
        shift 3
        layer=$root.layer
        mkdir -p "$layer"
        mount -t tmpfs tmpfs "$layer"
        mkdir "$layer/upper" "$layer/work" "$layer/all"
        mount -t overlay overlay -o "lowerdir=$root,upperdir=$layer/upper,workdir=$layer/work" "$layer/all"
        all=$layer/all
        mkdir -p "$all/job"
        mount -t proc proc "$all/proc"
        mount --rbind /dev "$all/dev"
        mount --bind "$folder" "$all/job"
        cp /etc/resolv.conf /etc/hosts "$all/etc/" 2>/dev/null || true
        if [ -n "${YIQIAO_I386_AUTHORITY-}" ]; then
            cat "$YIQIAO_I386_AUTHORITY" >>"$all/etc/ssl/certs/ca-certificates.crt"
        fi
        export HOME=/root WINEDEBUG="${WINEDEBUG--all}" LC_ALL=C.UTF-8
        unset DISPLAY
        exec chroot "$all" sh -c "cd /job && exec wine \"\$@\"" wine "$program" "$@"
    ' i386 "$root" "$folder" "$@"
}

command=${1:-}
[ $# -eq 0 ] || shift
if [ "$(id -u)" != 0 ] && { [ "$command" = make ] || [ -e "$root/made" ]; }; then
    sudo -n true 2>/dev/null || fail "this needs root"
    exec sudo -n env "YIQIAO_I386=$root" "WINEDEBUG=${WINEDEBUG-}" \
        "YIQIAO_I386_AUTHORITY=${YIQIAO_I386_AUTHORITY-}" "$0" "$command" "$@"
fi
case $command in
    make | ready | run) "$command" "$@" ;;
    *) usage >&2; exit 2 ;;
esac
