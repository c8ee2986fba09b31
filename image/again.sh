# To be sourced. What asks Debian's archive may meet it while it is being renewed: an index and a package that do not fit
# together, for minutes. apt's own retries ask for the same again at once.
# shellcheck shell=bash

# Runs a command, up to three times with a pause between; its status is that of the last time.
again() {
  local pause
  for pause in 20 60; do
    "$@" && return
    echo "failed, and is tried again in $pause s: $*" >&2
    sleep $pause
  done
  "$@"
}
