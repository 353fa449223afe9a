#!/usr/bin/env bash
# Two hosts on one machine, each a network and a file system of its own, with Dask between them: a table is trained
# while one host is cut off, and equals the table trained without Dask. Linux, as root, with `ip` and `unshare`.
#
#   sudo PYTHON=.venv/bin/python tests/cluster/two_hosts.sh
#
# Hosts share the installed program and no folder: each has an empty one in the place of the command's, and a copy
# of MNIST in it.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-$here/.venv/bin/python}
data=${HYPEROPT_DATA:-${XDG_CACHE_HOME:-$HOME/.cache}/hyperopt/data}
work=$(mktemp -d /tmp/hyperopt-hosts.XXXXXX)
export PYTHONPATH=$here OMP_NUM_THREADS=1
export HYPEROPT_HOME=$work/home
table=(tables clipping/table2 seeds=1 epochs=1 device=cpu pack=3 format=markdown)
address=tcp://10.77.0.1:8786

end() {
    kill $(jobs -p) 2>/dev/null || true
    for host in one two; do
        ip netns pids "hyperopt-$host" 2>/dev/null | xargs -r kill -9 2>/dev/null || true
        ip netns delete "hyperopt-$host" 2>/dev/null || true
    done
    ip link delete hyperopt0 2>/dev/null || true
}
trap end EXIT

ip link add hyperopt0 type bridge
ip address add 10.77.0.1/24 dev hyperopt0
ip link set hyperopt0 up
add_host() { # NAME ADDRESS
    ip netns add "hyperopt-$1"
    ip link add "ho-$1" type veth peer name eth0 netns "hyperopt-$1"
    ip link set "ho-$1" master hyperopt0 up
    ip -n "hyperopt-$1" address add "$2/24" dev eth0
    ip -n "hyperopt-$1" link set eth0 up
    ip -n "hyperopt-$1" link set lo up
    ip netns exec "hyperopt-$1" unshare --mount bash -c "
        mount -t tmpfs none '$work'
        mkdir -p '$work/data/arrays'
        cp -r '$data/arrays/mnist' '$work/data/arrays'
        cd '$work'
        HYPEROPT_DATA='$work/data' exec '$python' -m dask worker $address --nthreads 1 --host $2 \
            --no-dashboard --local-directory '$work'" > "$work/$1.log" 2>&1 &
}

"$python" -m dask scheduler --host 10.77.0.1 --port 8786 --no-dashboard > "$work/scheduler.log" 2>&1 &
add_host one 10.77.0.11
add_host two 10.77.0.12
until [ "$(grep -c 'Register worker' "$work/scheduler.log")" = 2 ]; do sleep 0.5; done
echo "a scheduler and two hosts are up, in $work"

"$python" -m hyperopt "${table[@]}" engine=dask scheduler=$address > "$work/dask.md" 2> >(tee "$work/dask.log" >&2) &
command=$!
until grep -qs "done; packs 2/" "$work/dask.log"; do sleep 0.2; kill -0 $command; done
ip link set ho-two down
echo "--- host two is cut off"
wait $command
tail -4 "$work/dask.md"

HYPEROPT_HOME=$work/here "$python" -m hyperopt "${table[@]}" workers=1 > "$work/here.md" 2> /dev/null
"$python" "$here/tests/cluster/same_records.py" "$work/home" "$work/here"
