# The root file system: Debian's, made smaller, with the box's program, units and settings in it.
# shellcheck shell=bash disable=SC2154

root=$work/root
mkdir "$root"
tar -C "$root" -xpf "$tarball" --exclude='./dev/*'

# --- what a box does not need ---------------------------------------------------------------------------------
rm -rf "$root"/var/cache/* "$root"/var/lib/apt/lists/* "$root"/var/log/* "$root"/usr/lib/udev/hwdb.d/* \
  "$root"/usr/lib/udev/hwdb.bin "$root"/usr/share/{man,locale,info,lintian,bash-completion,zsh,i18n,bug}
rm -f "$root"/etc/machine-id "$root"/var/lib/dbus/machine-id "$root"/etc/resolv.conf "$root"/etc/hostname
: >"$root"/etc/machine-id   # the initramfs writes it from the board's serial number
ln -sf ../run/systemd/resolve/stub-resolv.conf "$root"/etc/resolv.conf
echo resetbox >"$root"/etc/hostname

# --- the box ----------------------------------------------------------------------------------------------------
install -D -m755 "$binary" "$root"/usr/bin/resetbox
"$project"/systemd/install "$root"
cp -a --no-preserve=ownership "$here"/overlay/. "$root"/
: >"$root"/etc/fstab   # the initramfs and mount-card mount everything
install -m644 "$here"/slots.sh "$root"/usr/lib/resetbox/slots.sh
mkdir -p "$root"/data "$root"/boot/firmware "$root"/var/lib/resetbox "$root"/etc/resetbox
printf 'VERSION=%s\nKERNEL=%s\n' "$version" "$release" >"$root"/usr/lib/resetbox/image
# Who may sign updates of this image: see the step pack.
[ -n "$key" ] || [ -f "$out"/update-key.pem ] || openssl genpkey -algorithm ed25519 -out "$out"/update-key.pem
openssl pkey -in "${key:-$out/update-key.pem}" -pubout -outform DER | tail -c 32 | base64 -w0 >"$root"/usr/lib/resetbox/update.pub
systemd-sysusers --root="$root" 2>/dev/null
# No default passwords, and no way to ask for one: nobody logs in here. What a box has to say it says on its surfaces.
sed -i 's/^root:[^:]*:/root:!*:/' "$root"/etc/shadow
# Nobody who could log in, nobody who needs another's rights.
find "$root" -xdev -type f -perm /6000 -exec chmod ug-s {} +

enable() { systemctl --root="$root" enable "$@" 2>/dev/null; }
mask() {
  local unit
  for unit; do
    rm -f "$root"/etc/systemd/system/*.wants/"$unit"
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
}
enable systemd-networkd systemd-resolved systemd-timesyncd resetbox \
  resetbox-card resetbox-grow resetbox-slot-good resetbox-update.path resetbox-update-card
systemctl --root="$root" disable mosquitto hostapd 2>/dev/null || true
# The box goes first (resetbox.service.d/image.conf): what wants both cores at the start comes after it.
# It must not wait for the network, as on other systems it does to say goodbye to its broker in time.
sed -i 's/^After=network.target /After=/' "$root"/usr/lib/systemd/system/resetbox.service
after() {   # UNIT UNITS...
  local unit=$1; shift
  mkdir -p "$root/etc/systemd/system/$unit.service.d"
  printf '[Unit]\nAfter=%s\n' "$*" >"$root/etc/systemd/system/$unit.service.d/order.conf"
}
after systemd-udev-trigger resetbox.service
after systemd-networkd resetbox.service
for unit in systemd-resolved systemd-timesyncd systemd-tmpfiles-setup; do
  after $unit systemd-udev-trigger.service systemd-networkd.service
done
# What a root that is never written, and nobody logs in to, has no use for. Each costs its part of a second in every start.
mask systemd-sysusers.service ldconfig.service systemd-journal-catalog-update.service systemd-update-done.service \
  systemd-journal-flush.service systemd-random-seed.service systemd-networkd-persistent-storage.service \
  systemd-remount-fs.service systemd-network-generator.service systemd-udev-load-credentials.service kmod-static-nodes.service systemd-tmpfiles-setup-dev.service systemd-tmpfiles-setup-dev-early.service \
  systemd-binfmt.service systemd-machine-id-commit.service systemd-logind.service systemd-user-sessions.service getty-static.service \
  sys-fs-fuse-connections.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
  dev-hugepages.mount dev-mqueue.mount systemd-ask-password-console.path systemd-ask-password-wall.path \
  systemd-hostnamed.socket systemd-creds.socket systemd-sysext.socket systemd-initctl.socket systemd-rfkill.socket
(cd "$root"/usr/lib/udev/rules.d && rm -f 60-{autosuspend,cdrom_id,dmi-id,drm,evdev,fido-id,infiniband,input-id,sensor,serial}.rules \
  60-persistent-{alsa,input,v4l,storage-mtd,storage-tape}.rules 64-btrfs.rules 7[0138]-{camera,joystick,memory,mouse,power-switch}.rules \
  7[0138]-{touchpad,uaccess,seat,seat-late,sound-card}.rules 75-probe_mtd.rules 90-iocost.rules 96-e2scrub.rules)
mkdir -p "$root"/etc/systemd/system-generators
for generator in getty gpt-auto hibernate-resume rc-local ssh system-update sysv tpm2; do
  ln -sf /dev/null "$root/etc/systemd/system-generators/systemd-$generator-generator"
done
mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer e2scrub_reap.service \
  systemd-firstboot.service hostapd.service systemd-networkd-wait-online.service \
  systemd-hwdb-update.service systemd-pstore.service proc-sys-fs-binfmt_misc.automount \
  getty@.service serial-getty@.service console-getty.service container-getty@.service autovt@.service debug-shell.service
rm -rf "$root"/etc/systemd/system/getty.target.wants
systemctl --root="$root" set-default multi-user.target 2>/dev/null

# --- drivers ----------------------------------------------------------------------------------------------------
# Only those that a box may meet: 4 MB instead of 130. The first list is needed to find the root.
root_drivers=(crc32c_generic virtio_pci virtio_mmio virtio_blk bcm2835 sdhci-iproc mmc_block
  erofs ext4 overlay vfat nls_cp437 nls_ascii nls_utf8)
box_drivers=(spi-bcm2835 spi-bcm2835aux spi-gpio i2c-bcm2835 leds-gpio pwm-bcm2835 bcm2835_wdt iproc-rng200 bcm2835-rng
  smsc95xx lan78xx genet r8152 asix ax88179_178a cdc_ether cdc_ncm rndis_host dwc2 xhci-plat-hcd xhci-pci usb-storage
  virtio_net virtio_rng brcmfmac brcmfmac-wcc cfg80211 8021q bridge af_packet)

# The files of the named drivers and of all they need, in the order of loading.
drivers() {
  python3 - "$modules" "$@" <<'PY'
import os, re, sys
folder, wanted = sys.argv[1], sys.argv[2:]
needs = {}
for line in open(folder + '/modules.dep'):
    path, rest = line.split(':')
    needs[path] = rest.split()
name = lambda path: re.sub(r'\.ko.*', '', os.path.basename(path)).replace('-', '_')
paths = {name(path): path for path in needs}
built_in = {name(line.strip()) for line in open(folder + '/modules.builtin')}
out = []
def add(path):
    for need in reversed(needs[path]):
        add(need)
    if path not in out:
        out.append(path)
for driver in wanted:
    driver = driver.replace('-', '_')
    if driver in paths:
        add(paths[driver])
    elif driver not in built_in:
        print(f'    no driver {driver} in this kernel', file=sys.stderr)
print('\n'.join(out))
PY
}
into=$root/usr/lib/modules/$release
mkdir -p "$into"
cp "$modules"/modules.{builtin,builtin.modinfo,order} "$into"/
drivers "${root_drivers[@]}" "${box_drivers[@]}" | while read -r file; do
  install -D -m644 "$modules/$file" "$into/$file"
done
depmod -b "$root/usr" "$release"
# Firmware of the boards' Wi-Fi, and of nothing else.
mkdir -p "$root"/usr/lib/firmware/brcm "$root"/usr/lib/firmware/cypress
(cd "$work"/parts/usr/lib/firmware && find . -name '*43430*' -o -name '*43436*' -o -name '*43455*' | cpio --quiet -pdm "$root"/usr/lib/firmware)
