#!/bin/sh
# Fetches the pinned Deno from its npm package into the folder $1 and refuses any other bytes than the listed ones.
set -eu
folder=$1
version=2.9.6
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# No install script of the package runs: the program is in the package of this machine.
npm install --prefix "$work" --no-save --ignore-scripts --no-audit --no-fund "deno@$version" >/dev/null
program=$(ls "$work"/node_modules/@deno/linux-*-glibc/deno)
wanted=$(sed -n "s/^\([0-9a-f]\{64\}\)  $(uname -m)$/\1/p" "$here/deno-$version.sha256")
found=$(sha256sum "$program" | cut -d' ' -f1)
if [ "$wanted" != "$found" ]; then
  echo "Deno $version for $(uname -m) has SHA-256 $found, wanted ${wanted:-a listed one}: see $here/deno-$version.sha256" >&2
  exit 1
fi
mkdir -p "$folder"
cp "$program" "$folder/deno"
chmod 755 "$folder/deno"
