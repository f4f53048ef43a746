#!/usr/bin/env bash
# Every test, from a bare Debian 12: installs, builds with ASan and UBSan, runs the unit tests, the hand-written scenarios,
# the independent oracle over random sessions and, where ../shared/data lies beside the checkout, over recordings, and the
# end-to-end tests. Ends with one line, "N passed, N failed". May be run again and again.
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

passed=0 failed=0
part() { # NAME COMMAND...
  local name=$1; shift
  echo "== $name"
  if "$@"; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAILED: $name"; fi
}
skip() { echo "== $1: skipped: $2"; }

part "floors" /usr/bin/python3 "$top/tests/floors.py"
part "unit tests" meson test -C "$build" --no-rebuild --print-errorlogs
part "scenarios" "$build/tests/scenarios/scenario-run" --check "$top"/tests/scenarios/*.scn
part "oracle, random sessions $seeds" /usr/bin/python3 "$top/tests/oracle/compare.py" \
  --engine "$build/tests/scenarios/scenario-run" --seeds "$seeds" --first 3
part "oracle, at the instants of deadlines" /usr/bin/python3 "$top/tests/oracle/compare.py" \
  --engine "$build/tests/scenarios/scenario-run" --edges 1-8 --first 3
if [ -d "$top/../shared/data" ]; then
  part "oracle, recordings" /usr/bin/python3 "$top/tests/oracle/compare.py" \
    --engine "$build/tests/scenarios/scenario-run" --data "$top/../shared/data" --first 3
else
  skip "oracle, recordings" "no ../shared/data beside the checkout"
fi
part "API, against its description" /usr/bin/python3 "$top/tests/e2e/test_api.py" --fake "$build/tests/e2e/web_fake"
part "end to end" /usr/bin/python3 "$top/tests/e2e/run.py" "$build"
part "demo" env INFUSIOND_BUILD="$build" "$top/config/demo/run.sh" --times 3
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
