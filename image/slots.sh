# Which of the two root slots the card starts from. Read by the initramfs (busybox) and by the running box.
#
# The card says it in one sector of the gap before its first partition, in two copies that are written in turn: a
# write that power cuts in two leaves the other copy. They lie apart, for with a sector the kernel writes all of the
# 4 KiB around it, and a card programs whole pages of its flash. A copy is one line of text:
#
#   resetbox-slots seq=N good=a|b try=a|b|- left=N failed=a|b|- sum=S
#
# good: the slot that passed its health check. try: a slot with a new root that did not yet; it is started at most `left`
# times more, then the box stays with the good one. failed: the slot whose root did not pass; while nothing is tried, the
# box tells it in its next `left` starts. sum: the first 16 letters of the SHA-256 of what stands before.
#
# The initramfs on the FAT partition is not changed by updates, so this line keeps its form for as long as cards live.
# shellcheck shell=sh disable=SC2034

SLOT_SECTOR=1024   # the first copy
SLOT_APART=512     # sectors from there to the second one
SLOT_TRIES=2       # a power cut in the middle of the first start of a new root is no verdict on it
SLOT_TELLS=3       # starts in which a root that did not pass is told

# The gap must be there: a card that somebody partitioned anew may have its first partition in its place.
slot_gap() {
  slot_first=$(cat "/sys/class/block/$(basename "$(slot_partition "$1" 1)")/start" 2>/dev/null)
  [ "${slot_first:-2048}" -gt $((SLOT_SECTOR + SLOT_APART)) ]
}

slot_sum() { printf '%s' "$1" | sha256sum | cut -c1-16; }

# Prints the line of copy $2 (0 or 1) on card $1, if it is whole.
slot_copy() {
  slot_line=$(dd if="$1" bs=512 skip=$((SLOT_SECTOR + $2 * SLOT_APART)) count=1 2>/dev/null | tr -d '\000' | head -n 1)
  case $slot_line in
    "resetbox-slots "*" sum="*) [ "$(slot_sum "${slot_line% sum=*}")" = "${slot_line##* sum=}" ] && printf '%s' "$slot_line" ;;
  esac
}

# Without another program: this is read in every start, and a program takes a small board some milliseconds.
slot_field() { slot_rest=${2##* "$1"=}; printf '%s' "${slot_rest%% *}"; }

# Sets slot_seq, slot_good, slot_try, slot_left and slot_failed from the newer whole copy; a card that says nothing
# starts from a.
slot_read() {
  slot_seq=0 slot_good=a slot_try=- slot_left=0 slot_failed=-
  for slot_n in 0 1; do
    # A torn copy is no failure of the script that reads it (`set -e`): the other one counts.
    slot_text=$(slot_copy "$1" $slot_n) || slot_text=''
    [ -n "$slot_text" ] || continue
    slot_s=$(slot_field seq "$slot_text")
    if [ "$slot_s" -gt "$slot_seq" ]; then
      slot_seq=$slot_s
      slot_good=$(slot_field good "$slot_text")
      slot_try=$(slot_field try "$slot_text")
      slot_left=$(slot_field left "$slot_text")
      slot_failed=$(slot_field failed "$slot_text")
    fi
  done
}

# Writes good=$2 try=$3 left=$4 failed=$5 to the copy that is not the newest of card $1, and waits until it is on the card.
slot_write() {
  slot_gap "$1" || return 1
  slot_read "$1"
  slot_new="resetbox-slots seq=$((slot_seq + 1)) good=$2 try=$3 left=$4 failed=$5"
  slot_new="$slot_new sum=$(slot_sum "$slot_new")"
  { printf '%s\n' "$slot_new"; dd if=/dev/zero bs=512 count=1 2>/dev/null; } | dd of="$1" bs=512 \
    seek=$((SLOT_SECTOR + (slot_seq + 1) % 2 * SLOT_APART)) count=1 conv=notrunc,fsync iflag=fullblock 2>/dev/null
}

# What follows decides: slot $2 of card $1 holds a new root, and slot $3 is the way back.
slot_to_try() { slot_write "$1" "$3" "$2" "$SLOT_TRIES" -; }
# Slot $2 is good from here on, and nothing is tried.
slot_is_good() { slot_write "$1" "$2" - 0 -; }
# Slot $2, which was tried, is not good: the card stays with slot $3.
slot_did_not_pass() { slot_write "$1" "$3" - "$SLOT_TELLS" "$2"; }

# Which slot to start now, as slot_start; counts the tries. slot_tell is the slot that did not pass, while that is told.
slot_choose() {
  slot_read "$1"
  slot_tell=''
  if [ "$slot_try" != - ] && [ "$slot_left" -gt 0 ]; then
    slot_start=$slot_try
    # Counted down before it is tried: a root that hangs the board is left behind after its last try.
    slot_write "$1" "$slot_good" "$slot_try" $((slot_left - 1)) -
    return
  fi
  if [ "$slot_try" != - ]; then
    slot_did_not_pass "$1" "$slot_try" "$slot_good"
    slot_read "$1"
  fi
  slot_start=$slot_good
  if [ "$slot_failed" != - ] && [ "$slot_left" -gt 0 ]; then
    slot_tell=$slot_failed
    slot_write "$1" "$slot_good" - $((slot_left - 1)) "$slot_failed"
  fi
}

slot_other() { case $1 in a) echo b ;; *) echo a ;; esac; }

# Partition $2 of card $1: /dev/mmcblk0 has p1, /dev/vda has 1.
slot_partition() { case $1 in *[0-9]) echo "$1p$2" ;; *) echo "$1$2" ;; esac; }

# The partition number of slot $1.
slot_number() { case $1 in b) echo 3 ;; *) echo 2 ;; esac; }
