#!/usr/bin/env bash
# Writes the golden traces anew: every event of a scenario with its words, as the engine now has it. What differs is then read line by
# line against the rules before it is committed: a golden that nobody has read proves nothing.
#   tests/scenarios/renew.sh BUILD           those that exist
#   tests/scenarios/renew.sh BUILD NAME...   these, new ones too (without .scn)
set -eu
run=${1:?usage: renew.sh BUILD-FOLDER [NAME...]}/tests/scenarios/scenario-run
folder=$(cd "$(dirname "$0")" && pwd)
shift
if [ $# = 0 ]; then
  for trace in "$folder"/*.trace; do set -- "$@" "$(basename "$trace" .trace)"; done
fi
for name in "$@"; do
  "$run" --trace "$folder/$name.scn" >"$folder/$name.trace.new"
  mv "$folder/$name.trace.new" "$folder/$name.trace"
done
git -C "$folder" diff --stat -- "*.trace" || true
