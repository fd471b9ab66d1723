#!/usr/bin/env bash
# The programs that tests use and pip can't bring: exiftool, the judge of metadata, and Chromium, in which the pages
# are tried.
set -euo pipefail
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
if command -v apt-get >/dev/null; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq libimage-exiftool-perl chromium
else
  echo "please install exiftool (https://exiftool.org) and chromium with your package manager" >&2
  exit 1
fi
