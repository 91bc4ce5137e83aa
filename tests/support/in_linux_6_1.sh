#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
#
# Runs a program that is linked statically on Debian 12's kernel, Linux 6.1, in qemu: with a
# loopback, /proc, /tmp and sock_diag, and nothing else. Ends as it does, at best of three runs:
# what is emulated pauses for tens of milliseconds now and then. KERNEL is a folder that it fetches
# the kernel to, once.
#
#     in_linux_6_1.sh KERNEL PROGRAM [FILE...]     the files are where they are here
set -u
kernel=$1 program=$2
shift
[ "$(uname -m)" = x86_64 ] ||
    { echo "aroma: Debian's kernel for another machine than x86-64"; exit 1; }
if [ ! -e "$kernel/vmlinuz" ]; then
    mkdir -p "$kernel/packages" && cd "$kernel/packages" || exit 1
    image=$(apt-cache depends linux-image-cloud-amd64 |
        sed -n 's/.*Depends: \(linux-image-6\.1\..*\)/\1/p')
    { [ "$image" ] && apt-get download "$image" busybox-static; } >"$kernel/log" 2>&1 ||
        { echo "aroma: Debian 12's linux-image-cloud-amd64 and busybox-static are needed: $(tail -n 1 "$kernel/log")"; exit 1; }
    for package in *.deb; do dpkg-deb -x "$package" "$kernel"; done
    cd - >/dev/null && cp "$kernel"/boot/vmlinuz-* "$kernel/vmlinuz" || exit 1
fi
root=$(mktemp -d) && trap 'rm -rf "$root"' EXIT || exit 1
mkdir -p "$root"/{bin,proc,sys,dev,tmp} && chmod 1777 "$root/tmp" &&
    cp "$kernel/bin/busybox" "$root/bin/" &&
    find "$kernel/lib/modules" \( -name inet_diag.ko -o -name tcp_diag.ko \) -exec cp {} "$root/" \
    \; || exit 1
for file in "$@"; do mkdir -p "$root$(dirname "$file")" && cp "$file" "$root$file" || exit 1; done
cat >"$root/init" <<INIT
#!/bin/busybox sh
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc none /proc && mount -t sysfs none /sys && mount -t devtmpfs none /dev
ip link set lo up
insmod /inet_diag.ko && insmod /tcp_diag.ko
echo "on Linux \$(uname -r)"
cd /tmp
for i in 1 2 3; do $program >/said 2>&1 && break; done # not to a terminal
echo "ended with \$?" >>/said && cat /said
poweroff -f
INIT
chmod +x "$root/init"
(cd "$root" && find . | "$kernel/bin/busybox" cpio -o -H newc 2>/dev/null) |
    gzip -1 >"$root.cpio.gz" || exit 1
trap 'rm -rf "$root" "$root.cpio.gz"' EXIT
said=$(timeout 300 qemu-system-x86_64 -cpu max -accel tcg -m 1024 -smp 2 -nographic -no-reboot \
    -kernel "$kernel/vmlinuz" -initrd "$root.cpio.gz" -append "console=ttyS0 quiet panic=-1" \
    </dev/null 2>&1 | tr -d '\r')
sed -n '/on Linux /,$p' <<<"$said"
[ -n "${said##*ended with*}" ] &&
    { echo "aroma: qemu ended early: $(tail -n 3 <<<"$said")"; exit 1; }
exit "$(sed -n 's/^ended with \([0-9]*\)$/\1/p' <<<"$said")"
