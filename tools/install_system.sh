#!/usr/bin/env bash
# The programs that tests use and pip can't bring: exiftool, the judge of metadata, and Chromium, in which the pages
# are tried.
set -euo pipefail
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
# A new machine may still be at its own updates, and mirrors fail now and then.
apt() { as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=5 "$@"; }
if command -v apt-get >/dev/null; then
  apt update
  apt install -y libimage-exiftool-perl chromium
else
  echo "please install exiftool (https://exiftool.org) and chromium with your package manager" >&2
  exit 1
fi
