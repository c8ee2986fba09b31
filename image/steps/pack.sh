# File systems, the card's image, the update, the list of what is in it, and the checksums.
# shellcheck shell=bash disable=SC2154

find "$root" "$fat" -newermt "@$SOURCE_DATE_EPOCH" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
# Fixed ids: the same files give the same image.
ids=(5e7b0c0e-0001-4000-8000-000000000001 5e7b0c0e-0002-4000-8000-000000000002 5e7b0c0e-0003-4000-8000-000000000003)
images=$work/images
mkdir "$images"
mkfs.erofs --quiet -zlz4hc -T"$SOURCE_DATE_EPOCH" -U "${ids[0]}" "$images"/root.erofs "$root"
# Room to grow: an update may be larger than what the card came with.
slot_mib=$(($(stat -c %s "$images"/root.erofs) * 3 / 2 / 1048576 + 1))
truncate -s "${slot_mib}M" "$images"/empty.img
# Empty, for `mke2fs -d` keeps the moment at which a folder was made; grown to the end of the card at the first start.
truncate -s 16M "$images"/data.ext4
E2FSPROGS_FAKE_TIME=$SOURCE_DATE_EPOCH mke2fs -q -t ext4 -L resetbox-data -U "${ids[1]}" \
  -E "hash_seed=${ids[2]},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0" "$images"/data.ext4
# An update as large as a slot has room beside what the card starts from.
truncate -s "$((slot_mib + $(du -sm --apparent-size "$fat" | cut -f1) + 4))M" "$images"/fat.img
mkfs.vfat --invariant -F 32 -i 5e7b0c0e -n RESETBOX "$images"/fat.img >/dev/null
(cd "$fat" && find . -type f | sort | sed 's#^\./##' | while read -r file; do mcopy -m -i "$images"/fat.img "$file" "::$file"; done)
cat >"$work"/genimage.cfg <<CFG
image resetbox.img {
  hdimage { partition-table-type = "mbr" disk-signature = 0x5e7b0c0e align = 1M }
  partition firmware { partition-type = 0xC bootable = true image = "fat.img" offset = 4M }
  partition root-a { partition-type = 0x83 image = "root.erofs" size = ${slot_mib}M }
  partition root-b { partition-type = 0x83 image = "empty.img" }
  partition data { partition-type = 0x83 image = "data.ext4" }
}
CFG
# The slots' record lies in the gap before the first partition (slots.sh), and cards write whole pieces of 4 MiB.
mkdir "$work/genimage"
genimage --loglevel 1 --config "$work"/genimage.cfg --inputpath "$images" --outputpath "$work" \
  --tmppath "$work/genimage/tmp" --rootpath "$work/genimage" >/dev/null

rm -f "$out"/resetbox-*.img.xz
if [ "$compress" = yes ]; then
  step "compress"
  xz -6 -T2 -c "$work"/resetbox.img >"$out/resetbox-$version.img.xz"
fi
mv "$work"/resetbox.img "$out"/resetbox.img
cp "$images"/root.erofs "$out"/root.erofs
cp "$work"/initrd.img "$out"/initrd.img
cp "$work/kernel/boot/vmlinuz-$release" "$out"/Image
step "update"
# A key of this build's own unless one was given: whoever holds it can update the boxes of this image.
signing=${key:-$out/update-key.pem}
[ -f "$signing" ] || die "no key $signing"
{
  printf 'resetbox-update 1\nversion %s\nkernel %s\n' "$version" "$release"
  printf 'bytes %s\nsha256 %s\n' "$(stat -c %s "$out"/root.erofs)" "$(sha256sum "$out"/root.erofs | cut -d' ' -f1)"
} >"$work"/head
openssl pkeyutl -sign -rawin -inkey "$signing" -in "$work"/head -out "$work"/signature
{
  cat "$work"/head
  printf 'signature %s\n\n' "$(base64 -w0 "$work"/signature)"
  cat "$out"/root.erofs
} >"$out/resetbox-$version.update"
