# What an image must not have, and must have: a build that breaks one of these rules fails.
# shellcheck shell=bash disable=SC2154

rule() { die "the image breaks a rule of its own: $*"; }

# Nobody can log in: no password is set, none is empty, nobody asks for one, nothing listens for logins.
open=$(awk -F: '$2 !~ /^[!*]/ {print $1}' "$root"/etc/shadow)
[ -z "$open" ] || rule "$open can log in"
for unit in getty@ serial-getty@ console-getty container-getty@ autovt@ debug-shell; do
  [ "$(readlink "$root/etc/systemd/system/$unit.service")" = /dev/null ] || rule "$unit.service asks for a login"
done
doors=$(find "$root" -xdev \( -name sshd -o -name dropbear -o -name '*telnetd' -o -name authorized_keys \))
[ -z "$doors" ] || rule "a door: $doors"
rights=$(find "$root" -xdev -type f -perm /6000)
[ -z "$rights" ] || rule "programs with the rights of others: $rights"

# What is started without anybody asking for it. A new name here is a decision.
units_started='remote-fs.target resetbox-card.service resetbox-grow.service resetbox-slot-good.service resetbox-update-card.service resetbox-update.path
  resetbox.service systemd-networkd.service systemd-networkd.socket systemd-resolved.service
  systemd-timesyncd.service'
other=$(find "$root"/etc/systemd/system -path '*.wants/*' -printf '%f\n' | grep -vxFf <(xargs -n1 <<<"$units_started") || :)
[ -z "$other" ] || rule "units that start and are not in the list: $other"

# Everything in it is known by name, version and licence.
while read -r package; do
  grep -qF "\"name\": \"$package\"" "$out/resetbox-$version.spdx.json" || rule "$package is not in the SBOM"
  [ -e "$root/usr/share/doc/$package/copyright" ] || [ -L "$root/usr/share/doc/$package" ] || rule "$package has no licence in the root"
done < <(sed -n 's/^Package: //p' "$root"/var/lib/dpkg/status)
[ "$(base64 -d <"$root"/usr/lib/resetbox/update.pub | wc -c)" = 32 ] || rule "the key for updates is none"

# The gap in which the slots' record lies (slots.sh), and slots of one size.
python3 - "$out"/resetbox.img <<'PY' || rule "the partitions are not as slots.sh needs them"
import struct, sys
start = open(sys.argv[1], 'rb').read(4 << 20)
parts = [struct.unpack('<II', start[446 + 16 * n + 8:446 + 16 * n + 16]) for n in range(4)]
assert parts[0][0] == 8192, parts
assert all(first % 2048 == 0 for first, _ in parts), parts
assert parts[1][1] == parts[2][1], parts
assert not any(start[512:]), 'the gap is not empty'
PY

# The largest update that a slot holds can be put on the FAT partition.
free=$(mdir -i "$work"/images/fat.img :: | sed -n 's/ bytes free$//p' | tr -d ' ')
[ "$free" -ge $((slot_mib * 1048576 + 4096)) ] || rule "the FAT partition has $free bytes left, and a slot $slot_mib MiB"

# Small enough to be fetched over a phone.
download=$out/resetbox-$version.img.xz
if [ -f "$download" ] && [ "$(stat -c %s "$download")" -gt 60000000 ]; then
  rule "the download has $(stat -c %s "$download") bytes, more than 60 MB"
fi
