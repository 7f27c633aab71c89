#!/bin/sh
# Fills DENO_DIR with every npm package the product can load, exactly as deno.lock says. Workers load their modules by
# name at run time, so all modules are listed, not only what main.ts imports.
set -eu
modules=$(find main.ts gateway hal policies profiles \( -name '*.ts' -o -name '*.tsx' \) 2>/dev/null |
  grep -v -e '_test\.tsx\{0,1\}$' -e '/testing/' | sort)
# shellcheck disable=SC2086 # one word per module: our file names have no spaces (a test sees to it)
deno cache --quiet --frozen $modules
