# Fetches what Debian gives: the root file system as a tar, kernel, firmware and busybox as packages. Kept in $cache
# under a name that tells what it was made from: the same list is fetched once a day at most.
# shellcheck shell=bash

suite=trixie
arch=arm64
# What the kernel and the firmware bring would fill the root with files of no use there: they are unpacked apart.
parts=(raspi-firmware firmware-brcm80211 busybox-static)
includes=$(sed 's/#.*//' "$here/packages" | xargs | tr ' ' ',')
day=$(date -u +%F)
stamp=$(cat "$here/packages" "$here/sources" | sha256sum | cut -c1-12)-$day
tarball=$cache/root-$stamp.tar
debs=$cache/debs-$stamp

# apt with its own lists: the machine's own apt is left as it is, and needs no foreign architecture.
private_apt() {
  local dir=$cache/apt
  mkdir -p "$dir"/{lists/partial,archives/partial,empty}
  : >"$dir/status"
  # `.list`, or apt takes it for the newer format.
  grep -v '^#' "$here/sources" >"$dir/sources.list"
  apt-get -q -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts="$dir/empty" \
    -o Dir::State::Lists="$dir/lists" -o Dir::Cache::Archives="$dir/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
    -o Dir::State::status="$dir/status" -o APT::Architecture=$arch -o APT::Architectures="{\"$arch\";}" \
    -o APT::Sandbox::User=root "$@"
}

# mmdebstrap runs the packages' own scripts, which are ARM programs: the kernel must hand them to qemu-user.
foreign_programs() {
  [ "$(uname -m)" = aarch64 ] && return
  [ -e /proc/sys/fs/binfmt_misc/status ] || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
  [ -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ] || update-binfmts --enable qemu-aarch64
}

root_tar() {
  rm -f "$tarball.part.tar"
  mmdebstrap -q --variant=minbase --arch=$arch --include="$includes" \
    --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/lib/udev/hwdb.d/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
    $suite "$tarball.part.tar" "$work/sources.list"
}

if [ ! -s "$tarball" ]; then
  foreign_programs
  grep -v '^#' "$here/sources" >"$work/sources.list"
  again root_tar || die "mmdebstrap failed: see above; is the Debian archive reachable?"
  mv "$tarball.part.tar" "$tarball"
fi
if [ ! -d "$debs" ]; then
  again private_apt update >/dev/null
  kernel_package=$(private_apt -s install --no-install-recommends linux-image-arm64 2>/dev/null |
    sed -n 's/^Inst \(linux-image-[0-9][^ ]*\) .*/\1/p' | head -1)
  [ -n "$kernel_package" ] || die "no kernel in the archive: look at image/sources"
  rm -rf "$debs.part" && mkdir "$debs.part"
  (cd "$debs.part" && again private_apt download "$kernel_package" "${parts[@]}")
  mv "$debs.part" "$debs"
fi
mkdir "$work/kernel" "$work/parts"
for deb in "$debs"/*.deb; do
  case $(basename "$deb") in
    linux-image-*) dpkg-deb -x "$deb" "$work/kernel" ;;
    *) dpkg-deb -x "$deb" "$work/parts" ;;
  esac
done
release=$(basename "$work"/kernel/boot/vmlinuz-*)
release=${release#vmlinuz-}
modules=$work/kernel/usr/lib/modules/$release
depmod -b "$work/kernel/usr" "$release"
