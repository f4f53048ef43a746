#!/usr/bin/env bash
# Installs what a bare Debian 12 lacks for building and testing; does nothing where it is there already.
set -eu
build="gcc meson ninja-build pkg-config libuv1-dev libsqlite3-dev libmodbus-dev libwebsockets-dev libwebsockets-evlib-uv
libcyaml-dev libyaml-dev libjansson-dev libsodium-dev libcurl4-openssl-dev libssl-dev check python3
libjs-dygraphs fonts-b612"
tests="chromium chromium-driver python3-selenium python3-yaml python3-jsonschema python3-pymodbus python3-serial python3-serial-asyncio sqlite3 tzdata"
want="$build"
[ "${1:-}" = tests ] && want="$build $tests"
missing=""
for package in $want; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing"
sudo=""; [ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends $missing >/dev/null
