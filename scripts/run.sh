#!/bin/sh
# Serves the demo: two `fairlead whoami` servers behind Fairlead, with the files of deploy/demo and nothing else to
# configure. Containers with Traefik labels join in when a Docker socket answers. Ctrl-C ends everything it started.
set -eu
cd "$(dirname "$0")/.."
binary=${FAIRLEAD:-build/fairlead}

if command -v bash >/dev/null; then
  for port in 8000 8080 18081 18082; do
    if bash -c "exec 3<>/dev/tcp/127.0.0.1/$port" 2>/dev/null; then
      echo "make run: port $port is in use. The demo needs 8000 (web), 8080 (API) and 18081, 18082 (its two services)." >&2
      echo "          See who has it with:  ss -ltnp 'sport = :$port'" >&2
      exit 1
    fi
  done
fi

services=""
stop() { trap - EXIT INT TERM; [ -z "$services" ] || kill $services 2>/dev/null || true; wait 2>/dev/null || true; }
trap stop EXIT
for instance in 1 2; do
  "$binary" whoami --address="127.0.0.1:1808$instance" --name="whoami-$instance" &
  services="$services $!"
done

docker=""
socket=/var/run/docker.sock
if [ -S $socket ] && curl -fsS -m 2 --unix-socket $socket http://docker/_ping >/dev/null 2>&1; then
  docker="--providers.docker=true"
fi
cat <<TEXT

Fairlead answers on http://localhost:8000, its API on http://localhost:8080. Try:

  curl http://whoami.localhost:8000/          two services take turns
  curl http://localhost:8000/                 no route, so: 404 page not found
  curl http://localhost:8080/api/http/routers what it knows

Edit deploy/demo/dynamic.yml and save: the change is live at once.
TEXT
if [ -n "$docker" ]; then
  cat <<'TEXT'
Docker is watched too. Start a container and it has a route:

  docker run -d -l 'traefik.http.routers.hello.rule=Host(`hello.localhost`)' traefik/whoami
  curl http://hello.localhost:8000/
TEXT
fi
echo
# A foreground child, not exec: the services must go when Fairlead does. INT reaches all of the group by itself.
trap ':' INT TERM
status=0
"$binary" --configFile=deploy/demo/fairlead.yml $docker "$@" &
server=$!
trap 'kill -TERM $server 2>/dev/null' INT TERM
while kill -0 $server 2>/dev/null; do wait $server && status=0 || status=$?; done
exit $status
