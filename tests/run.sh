#!/usr/bin/env bash
# Every test, from a bare Debian 12: installs, builds with ASan and UBSan, runs the unit tests, the hand-written scenarios,
# the independent oracle over random sessions and, where ../shared/data lies beside the checkout, over recordings, and the
# end-to-end tests. Ends with one line, "N passed, N failed". May be run again and again. First what computes, all processors
# busy; what measures times comes last, when there is room.
#   tests/run.sh                     the everyday run
#   tests/run.sh --seeds 1-200       with five times as many random sessions; every condition and tier comes twenty times
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
build="$top/build-tests"
seeds=1-40
[ "${1:-}" = --seeds ] && seeds=$2
"$top/tests/install.sh" tests || exit 1
if [ ! -f "$build/build.ninja" ]; then
  meson setup "$build" "$top" -Db_sanitize=address,undefined -Db_lundef=false >/dev/null || exit 1
fi
ninja -C "$build" >"$build/build.log" 2>&1 || { tail -60 "$build/build.log"; echo "0 passed, 1 failed"; exit 1; }

passed=0 failed=0 begun=()
logs=$(mktemp -d); trap 'rm -rf "$logs"' EXIT
report() { # NAME STATUS SECONDS
  if [ "$2" = 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $1"; fi
  echo "-- $1: $3 s"
}
part() { # NAME COMMAND...
  local name=$1 began=$SECONDS; shift
  echo "== $name"
  "$@"
  report "$name" $? $((SECONDS - began))
}
# What runs beside the others; told in the order in which it was begun.
begin() { # NAME COMMAND...
  local name=$1 log="$logs/${#begun[@]}" began=$SECONDS; shift
  begun+=("$name")
  { "$@" >"$log" 2>&1; echo "$? $((SECONDS - began))" >"$log.end"; } &
}
collect() {
  local i status seconds
  wait
  for i in "${!begun[@]}"; do
    echo "== ${begun[$i]}"
    cat "$logs/$i"
    read -r status seconds <"$logs/$i.end"
    report "${begun[$i]}" "$status" "$seconds"
  done
}
# What only computes may run beside what measures times: whoever else wants the processor has it at once.
idle() { if chrt --idle 0 true 2>/dev/null; then chrt --idle 0 "$@"; else nice -n 19 "$@"; fi; }
oracle() { idle /usr/bin/python3 "$top/tests/oracle/compare.py" --engine "$build/tests/scenarios/scenario-run" --first 3 "$@"; }

part "floors" /usr/bin/python3 "$top/tests/floors.py"
begin "API, against its description" /usr/bin/python3 "$top/tests/e2e/test_api.py" --fake "$build/tests/e2e/web_fake"
part "scenarios" "$build/tests/scenarios/scenario-run" --check "$top"/tests/scenarios/*.scn
# Some of them wait longer than they work.
part "unit tests" meson test -C "$build" --no-rebuild --print-errorlogs --num-processes $(($(nproc) + 1))
begin "oracle, random sessions $seeds" oracle --seeds "$seeds"
part "end to end" /usr/bin/python3 "$top/tests/e2e/run.py" "$build" --crowd
part "demo" env INFUSIOND_BUILD="$build" "$top/config/demo/run.sh" --times 3
begin "oracle, at the instants of deadlines" oracle --edges 1-8
if [ -d "$top/../shared/data" ]; then
  begin "oracle, recordings" oracle --data "$top/../shared/data"
else
  echo "== oracle, recordings: skipped: no ../shared/data beside the checkout"
fi
part "end to end, what measures times" /usr/bin/python3 "$top/tests/e2e/run.py" "$build" --measuring
collect
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
