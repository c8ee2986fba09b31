# The FAT partition: what the board's own firmware reads, and the settings that a person edits on any PC.
# shellcheck shell=bash disable=SC2154

fat=$work/fat
mkdir "$fat"
pi=$work/parts/usr/lib/raspi-firmware
cp "$pi"/{bootcode.bin,start.elf,fixup.dat,start4.elf,fixup4.dat} "$fat"/
gzip -9nc "$work/kernel/boot/vmlinuz-$release" >"$fat"/kernel8.img
cp "$work"/initrd.img "$fat"/initrd.img
install -m644 "$here"/boot/{config.txt,cmdline.txt} "$fat"/
# What people read and edit, with the line ends of every PC.
for file in boot/README.txt boot/resetbox.toml ../agent/resetbox.example.toml; do
  name=$(basename "$file")
  [ "$name" != resetbox.example.toml ] || name=all-settings.txt
  sed 's/$/\r/' "$here/$file" >"$fat/$name"
done
# The licences of what is on this partition; those of the root's packages are in its /usr/share/doc.
licence() { printf '\n======== %s\n\n' "$1"; shift; cat "$@"; }
{
  licence resetbox "$project"/LICENSE "$project"/LICENSE-MIT "$project"/LICENSE-APACHE
  licence linux "$work/kernel/usr/share/doc/linux-image-$release/copyright"
  for part in raspi-firmware firmware-brcm80211 busybox-static; do
    licence "$part" "$work/parts/usr/share/doc/$part/copyright"
  done
} | sed 's/$/\r/' >"$fat/licences.txt"
# Debian's device trees know no `dtparam=spi=on`: the panel's SPI is switched on here, for every board of the list.
dtc -q -@ -I dts -O dtb -o "$work"/panel.dtbo "$here"/boot/panel.dtso
for board in bcm2837-rpi-3-a-plus bcm2837-rpi-3-b bcm2837-rpi-3-b-plus bcm2837-rpi-zero-2-w bcm2711-rpi-4-b bcm2711-rpi-400; do
  fdtoverlay -i "$work/kernel/usr/lib/linux-image-$release/broadcom/$board.dtb" -o "$fat/$board.dtb" "$work"/panel.dtbo
done
