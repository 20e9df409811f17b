#!/bin/sh
# Installs what a group of tasks needs from the distribution's own packages: Debian 12, Debian 13, Ubuntu 24.04.
# usage: scripts/deps.sh build|test|bench...      Idempotent; a machine that has everything is asked only dpkg.
# An entry is a package, or alternatives a|b (the first that the distribution has); a leading ? marks a package that not
# every distribution has and that nothing breaks without.
set -eu

build="clang-19 lld-19 g++ cmake ninja-build ccache pkg-config ca-certificates curl
  libuv1-dev libssl-dev libcurl4-openssl-dev nlohmann-json3-dev prometheus-cpp-dev libnghttp2-dev libre2-dev
  libyaml-cpp-dev libtomlplusplus-dev libbrotli-dev libzstd-dev zlib1g-dev libcrypt-dev"
test="doctest-dev libclang-rt-19-dev llvm-19 clang-format-19 clang-tidy-19 git python3 python3-pytest python3-h2
  python3-hpack python3-grpcio wrk nghttp2-client nghttp2-server slowhttptest openssl procps debootstrap iproute2"
engine="docker.io ?docker-cli iptables"
compose="docker-compose-v2|docker-compose"
bench="doctest-dev python3 wrk nginx haproxy nghttp2-proxy nghttp2-client caddy gcc libssl-dev openssl util-linux"

installed() { dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null | grep -qx installed; }
available() { apt-cache policy "$1" 2>/dev/null | grep -Eq 'Candidate: [^(]'; }

wanted=""
for group in "$@"; do
  case $group in
    build) wanted="$wanted $build" ;;
    test)
      wanted="$wanted $test $compose"
      # A machine whose Docker engine answers keeps it, wherever it came from.
      docker version >/dev/null 2>&1 || wanted="$wanted $engine"
      # h2spec is a Go program.
      { command -v go || [ -x /usr/local/go/bin/go ]; } >/dev/null 2>&1 || wanted="$wanted golang-go"
      ;;
    bench) wanted="$wanted $bench" ;;
    *) echo "deps.sh: no group '$group' (build, test, bench)" >&2; exit 2 ;;
  esac
done

missing=""
for entry in $wanted; do
  present=no
  for name in $(echo "${entry#\?}" | tr '|' ' '); do
    if installed "$name"; then present=yes; fi
  done
  if [ $present = no ]; then missing="$missing $entry"; fi
done
# What is optional may be missing for good: it alone is no reason to ask the package servers.
required=""
for entry in $missing; do case $entry in \?*) ;; *) required="$required $entry" ;; esac; done
[ -n "$required" ] || exit 0

sudo=""
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || { echo "deps.sh: needs root or sudo to install:$required" >&2; exit 1; }
  sudo="sudo"
fi
command -v apt-get >/dev/null || {
  echo "deps.sh: no apt-get here. Install these by your own means:$required" >&2; exit 1; }

$sudo apt-get update -qq -o DPkg::Lock::Timeout=300 || echo "deps.sh: some package lists could not be refreshed; going on with the others" >&2
chosen=""
for entry in $missing; do
  found=""
  for name in $(echo "${entry#\?}" | tr '|' ' '); do
    if available "$name"; then found=$name; break; fi
  done
  case $found:$entry in
    :\?*) ;;
    :*) echo "deps.sh: this distribution has no package ${entry}. Debian 12, 13 and Ubuntu 24.04 (with universe) do." >&2
        exit 1 ;;
    *) chosen="$chosen $found" ;;
  esac
done

# Servers are installed for their binaries: nobody asked for an nginx on port 80 or a second Docker engine.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap '$sudo rm -f $policy' EXIT
  printf '#!/bin/sh\nexit 101\n' | $sudo tee $policy >/dev/null
  $sudo chmod 755 $policy
fi
echo "deps.sh: installing$chosen"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=300 --no-install-recommends $chosen </dev/null >/tmp/fairlead-deps.$$.log 2>&1 || {
  tail -n 25 /tmp/fairlead-deps.$$.log >&2; echo "deps.sh: apt-get install failed" >&2; exit 1; }
rm -f /tmp/fairlead-deps.$$.log
