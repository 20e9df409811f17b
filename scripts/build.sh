#!/bin/sh
# usage: scripts/build.sh PRESET TARGET...     Configures the preset once, then builds the targets.
# Tests are configured on the first time a target asks for them: `make run` needs no test library.
set -eu
cd "$(dirname "$0")/.."
preset=$1; shift
case $preset in release) folder=build ;; *) folder=build-$preset ;; esac
options=""
case " $* " in *" unit_tests "*|*_fuzz*) options="-DFAIRLEAD_TESTS=ON" ;; esac
if [ ! -f $folder/build.ninja ] || { [ -n "$options" ] && ! grep -q '^FAIRLEAD_TESTS:BOOL=ON' $folder/CMakeCache.txt; }; then
  cmake --preset "$preset" $options >$folder.configure.log 2>&1 </dev/null || {
    tail -n 30 $folder.configure.log >&2; exit 1; }
  rm -f $folder.configure.log
fi
exec ninja -C $folder "$@" </dev/null
