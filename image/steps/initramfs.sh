# The initramfs: busybox, the drivers of the card, and one script that picks the slot and mounts the root.
# shellcheck shell=bash disable=SC2154

initrd=$work/initrd
mkdir -p "$initrd"/{bin,dev,proc,sys,run,card,system,drivers}
cp "$work"/parts/usr/bin/busybox "$initrd"/bin/busybox
install -m755 "$here"/initramfs/init "$initrd"/init
install -m644 "$here"/slots.sh "$initrd"/slots.sh
number=100
drivers "${root_drivers[@]}" 2>/dev/null | while read -r file; do
  xz -dc "$modules/$file" >"$initrd/drivers/$number-$(basename "$file" .ko.xz).ko"
  number=$((number + 1))
done
find "$initrd" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
(cd "$initrd" && find . -print0 | sort -z | cpio --null -o -H newc --reproducible --owner=0:0 --quiet) |
  zstd -q -19 -T1 >"$work/initrd.img"
