#!/bin/sh
# usage: scripts/image.sh TAG     The runtime image around the binary that build/ already has; seconds instead of minutes.
# The binary must match the image's distribution: elsewhere than on Debian 12 the image compiles its own.
set -eu
cd "$(dirname "$0")/.."
. /etc/os-release
target=runtime
if [ "${ID:-}:${VERSION_ID:-}" = debian:12 ]; then
  target=runtime-prebuilt
  strip --strip-debug -o build/fairlead-image build/fairlead
fi
# The classic builder needs no plugin, and asks no registry for a base image that the engine has.
DOCKER_BUILDKIT=0 docker build ${DOCKER_BUILD_OPTIONS:-} --target $target -t "$1" .
