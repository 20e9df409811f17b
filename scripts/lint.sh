#!/bin/sh
# Formatting, layers, dialect; clang-tidy over the files changed since main (or BASE=commit) where a build has its
# compile commands. Every check runs; the exit code tells whether all held.
set -u
cd "$(dirname "$0")/.."
status=0
git ls-files '*.cc' '*.h' | xargs -r clang-format-19 --dry-run --Werror || {
  echo "lint: formatting differs; 'make format' mends it" >&2; status=1; }
/usr/bin/python3 tests/support/check_layers.py || status=1
/usr/bin/python3 tests/support/check_dialect.py || status=1

commands=""
for folder in build-dev build build-asan; do
  if [ -f $folder/compile_commands.json ]; then commands=$folder; break; fi
done
base=${BASE:-$(git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD~1 2>/dev/null || git rev-parse HEAD)}
changed=$({ git diff --name-only --diff-filter=d "$base" -- '*.cc'; git ls-files --others --exclude-standard -- '*.cc'; } |
          grep -E '^(src|providers|cmd)/' | sort -u)
if [ -z "$commands" ]; then
  echo "lint: clang-tidy left out: no build folder has compile commands yet ('make build' makes one)"
elif [ -n "$changed" ]; then
  echo "$changed" | xargs -P "$(nproc)" -n 1 clang-tidy-19 -p $commands --quiet 2>/dev/null || status=1
fi
exit $status
