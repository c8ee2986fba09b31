# Which of the two root slots the card starts from. Read by the initramfs (busybox) and by the running box.
#
# The card says it in one sector of the gap before its first partition, in two copies that are written in turn: a
# write that power cuts in two leaves the other copy. A copy is one line of text:
#
#   resetbox-slots seq=N good=a|b try=a|b|- left=N sum=S
#
# good: the slot that passed its health check. try: a slot with a new root that did not yet; it is started at most `left`
# times more, then the box stays with the good one. sum: the first 16 letters of the SHA-256 of what stands before.
# shellcheck shell=sh disable=SC2034

SLOT_SECTOR=1024   # and the one after it

slot_sum() { printf '%s' "$1" | sha256sum | cut -c1-16; }

# Prints the line of copy $2 (0 or 1) on card $1, if it is whole.
slot_copy() {
  slot_line=$(dd if="$1" bs=512 skip=$((SLOT_SECTOR + $2)) count=1 2>/dev/null | tr -d '\000' | head -n 1)
  case $slot_line in
    "resetbox-slots "*" sum="*) [ "$(slot_sum "${slot_line% sum=*}")" = "${slot_line##* sum=}" ] && printf '%s' "$slot_line" ;;
  esac
}

slot_field() { printf '%s' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"; }

# Sets slot_seq, slot_good, slot_try and slot_left from the newer whole copy; a card that says nothing starts from a.
slot_read() {
  slot_seq=0 slot_good=a slot_try=- slot_left=0
  for slot_n in 0 1; do
    slot_text=$(slot_copy "$1" $slot_n)
    [ -n "$slot_text" ] || continue
    slot_s=$(slot_field seq "$slot_text")
    if [ "$slot_s" -gt "$slot_seq" ]; then
      slot_seq=$slot_s
      slot_good=$(slot_field good "$slot_text")
      slot_try=$(slot_field try "$slot_text")
      slot_left=$(slot_field left "$slot_text")
    fi
  done
}

# Writes good=$2 try=$3 left=$4 to the copy that is not the newest of card $1, and waits until it is on the card.
slot_write() {
  slot_read "$1"
  slot_new="resetbox-slots seq=$((slot_seq + 1)) good=$2 try=$3 left=$4"
  slot_new="$slot_new sum=$(slot_sum "$slot_new")"
  { printf '%s\n' "$slot_new"; dd if=/dev/zero bs=512 count=1 2>/dev/null; } | dd of="$1" bs=512 \
    seek=$((SLOT_SECTOR + (slot_seq + 1) % 2)) count=1 conv=notrunc,fsync iflag=fullblock 2>/dev/null
}

# Partition $2 of card $1: /dev/mmcblk0 has p1, /dev/vda has 1.
slot_partition() { case $1 in *[0-9]) echo "$1p$2" ;; *) echo "$1$2" ;; esac; }

# The partition number of slot $1.
slot_number() { case $1 in b) echo 3 ;; *) echo 2 ;; esac; }
