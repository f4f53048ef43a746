#!/usr/bin/env bash
# The demo clinic: four simulated monitors, one of them on a serial wire, the daemon with its console for the browser, sessions that run in real
# time, and the live table of beds in this terminal. Ctrl-C stops everything. Installs and builds what is missing; may be run
# again and again. The console is at port 8080 of this computer, or at INFUSIOND_DEMO_PORT, or at any if that is taken.
#   config/demo/run.sh            until Ctrl-C
#   config/demo/run.sh --times N  draws the table N times, then stops
set -eu
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build="${INFUSIOND_BUILD:-$top/build}"
"$top/tests/install.sh"
[ -f "$build/build.ninja" ] || meson setup "$build" "$top" >/dev/null
echo "building"
ninja -C "$build" daemon/infusiond daemon/ctl/infusionctl daemon/sim/infusion-sim >"$build/demo-build.log" 2>&1 ||
  { cat "$build/demo-build.log" >&2; exit 1; }

state=$(mktemp -d "${TMPDIR:-/tmp}/infusiond-demo.XXXXXX")
pids=""
stop() {
  trap - EXIT INT TERM
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  for pid in $pids; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$state"
}
trap stop EXIT
trap 'exit 0' INT TERM

# wait_for SECONDS COMMAND...: until the command succeeds, or a sentence and the end.
wait_for() {
  local left=$(( $1 * 20 )); shift
  until "$@" >/dev/null 2>&1; do
    left=$(( left - 1 ))
    [ "$left" -gt 0 ] || { echo "the demo did not come up: $*" >&2; cat "$state"/*.log >&2 || true; exit 1; }
    sleep 0.05
  done
}

# Ports for the console and three monitors, held for as long as the demo runs: another one has others.
/usr/bin/python3 "$top/tests/e2e/ports.py" 4 "${INFUSIOND_DEMO_PORT:-8080}" >"$state/ports" &
pids="$pids $!"
wait_for 60 test -s "$state/ports"
read -r web_port climbing_port dropping_port free_port <"$state/ports"

sim() { # NAME SEED SCRIPT WHERE...: starts one monitor
  local name=$1 seed=$2 script=$3; shift 3
  "$build/daemon/sim/infusion-sim" --profile "$top/config/monitors/generic-gateway.yaml" "$@" --seed "$seed" \
    --cuff-interval 40 --script "$here/$script" </dev/null >"$state/$name.out" 2>"$state/$name.log" &
  pids="$pids $!"
  wait_for 60 grep -q listening "$state/$name.out"
}

sim climbing 5 climbing.script --listen "127.0.0.1:$climbing_port"
sim dropping 7 dropping.script --listen "127.0.0.1:$dropping_port"
sim calm 3 calm.script --serial "$state/wire" --baud 19200
sim free 11 calm.script --listen "127.0.0.1:$free_port"

web="127.0.0.1:$web_port"
sed -e "s|@CLIMBING@|$climbing_port|; s|@DROPPING@|$dropping_port|; s|@FREE@|$free_port|; s|@WEB@|$web|" \
  -e "s|@CONFIG@|$top/config|; s|@USER@|$(id -un)|" "$here/infusiond.yaml.in" > "$state/infusiond.yaml"

"$build/daemon/infusiond" --config "$state/infusiond.yaml" 2>"$state/infusiond.log" &
pids="$pids $!"
export INFUSIOND_SOCKET="$state/infusiond.sock"
ctl() { "$build/daemon/ctl/infusionctl" "$@"; }
wait_for 60 ctl status

# For this demo only: its passwords are in its script, and its record is deleted when it ends.
password="console-demo"
for role in nurse prescriber admin viewer; do
  echo "$password" | ctl --as host user add "demo-$role" --role "$role" --keep-password >/dev/null
done

start() { # BED PATIENT KG LB
  ctl --as nurse --json sessions start "$1" --weight-kg "$3" --weight-lb "$4" --patient "$2" --confirm none \
    --reason "demonstration" | sed -n 's/.*"session":\([0-9]*\).*/\1/p'
}
for row in "bed1 T-0001 70 154.3" "bed2 T-0002 62.5 137.8" "bed3 T-0003 81 178.6"; do
  session=$(start $row)
  # No time for a baseline here: a prescriber starts the drug by override, and the record says so.
  ctl --as prescriber sessions dose "$session" --override --reason "demonstration without a baseline" >/dev/null
done

echo "Demo clinic: bed1's pressure climbs through both tiers, bed2's monitor drops out and comes back, bed3 stays calm on a serial wire,"
echo "bed4 waits for a session: start one, and click it through to the discharge."
echo "Console: http://$web/   log in as demo-nurse, demo-prescriber, demo-admin or demo-viewer, password: $password"
echo "In another terminal: export INFUSIOND_SOCKET=$INFUSIOND_SOCKET; $build/daemon/ctl/infusionctl --help   (--as nurse)"
ctl watch "$@" &
watcher=$!
pids="$pids $watcher"
wait "$watcher" || true
