#!/usr/bin/env bash
# A Docker daemon of one's own for the tests: private socket, private data, nothing of the machine's touched.
#
#   tools/ci-docker.sh start DIR   start it, make the base image once, print DOCKER_HOST=...
#   tools/ci-docker.sh stop DIR    end it
#
# Needs root and the packages docker.io and debootstrap. DIR/base.tar is kept and used again. The base is Debian's
# bookworm by debootstrap; it stands in for the public image whose name it is tagged with, and a label says so.
set -euo pipefail

base=python:3.11-slim-bookworm
action=${1:?start or stop} dir=$(mkdir -p "${2:?folder}" && cd "$2" && pwd)
host=unix://$dir/docker.sock

daemon() {
  setsid dockerd --data-root "${DATA_ROOT:-$dir/data}" --exec-root "$dir/exec" --pidfile "$dir/dockerd.pid" -H "$host" \
    --bridge none --iptables=false >>"$dir/dockerd.log" 2>&1 </dev/null &
  for _ in $(seq 300); do
    docker -H "$host" version >/dev/null 2>&1 && return
    sleep 0.1
  done
  echo "dockerd does not answer:" >&2
  tail -5 "$dir/dockerd.log" >&2
  exit 1
}

make_base() {
  docker -H "$host" image inspect "$base" >/dev/null 2>&1 && return
  if [ ! -e "$dir/base.tar" ]; then
    local mirror
    mirror=$(apt-get indextargets --format '$(SITE)' | head -1)
    rm -rf "$dir/base"
    debootstrap --variant=minbase --include=python3,ca-certificates bookworm "$dir/base" "$mirror" >"$dir/debootstrap.log"
    rm -rf "$dir/base"/var/cache/apt/* "$dir/base"/var/lib/apt/lists/*
    tar -C "$dir/base" -cf "$dir/base.tar.part" . && mv "$dir/base.tar.part" "$dir/base.tar"
    rm -rf "$dir/base"
  fi
  docker -H "$host" import --change 'LABEL org.trt-matrix.stand-in="debootstrap bookworm"' "$dir/base.tar" "$base" >/dev/null
}

case $action in
  start)
    if [ -e "$dir/dockerd.pid" ] && kill -0 "$(cat "$dir/dockerd.pid")" 2>/dev/null; then :; else daemon; fi
    [ -n "${WITHOUT_BASE:-}" ] || make_base
    echo "DOCKER_HOST=$host"
    ;;
  stop)
    [ -e "$dir/dockerd.pid" ] || exit 0
    pid=$(cat "$dir/dockerd.pid")
    kill "$pid" 2>/dev/null || exit 0
    for _ in $(seq 300); do
      kill -0 "$pid" 2>/dev/null || exit 0
      sleep 0.1
    done
    echo "dockerd $pid does not end" >&2
    exit 1
    ;;
  *)
    echo "usage: $0 start|stop DIR" >&2
    exit 4
    ;;
esac
