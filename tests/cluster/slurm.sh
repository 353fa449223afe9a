#!/usr/bin/env bash
# A real Slurm of one node on this machine, and a sweep through it: handed out and left, the node drained and a job
# killed in the middle, collected by the same command, and equal to the sweep trained without Slurm.
#
#   sudo apt-get install slurm-wlm munge
#   sudo PYTHON=.venv/bin/python [KILLS=50] tests/cluster/slurm.sh
#
# KILLS= also kills a command so often, as kills.py says.
# All lies in one folder under /tmp; the machine's own Slurm, if it has one, is left alone.
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
python=${PYTHON:-$here/.venv/bin/python}
work=$(mktemp -d /tmp/hyperopt-slurm.XXXXXX)
export SLURM_CONF=$work/slurm.conf HYPEROPT_HOME=$work/home OMP_NUM_THREADS=1
export PYTHONPATH=$here
node=$(hostname -s)

cat > "$SLURM_CONF" <<END
ClusterName=hyperopt
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
SlurmUser=root
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ReturnToService=2
MpiDefault=none
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=short Nodes=$node Default=YES MaxTime=60 State=UP
END
mkdir -p "$work/state" "$work/spool"
dd if=/dev/urandom of="$work/munge.key" bs=128 count=1 status=none
chmod 400 "$work/munge.key"

end() {
    for name in slurmd slurmctld munged; do
        if [ -s "$work/$name.pid" ]; then kill "$(cat "$work/$name.pid")" 2>/dev/null || true; fi
    done
}
trap end EXIT
munged --force --key-file="$work/munge.key" --socket="$work/munge.socket" --pid-file="$work/munged.pid" \
    --log-file="$work/munged.log" --seed-file="$work/munge.seed"
slurmctld
slurmd
until sinfo --noheader --format=%T 2>/dev/null | grep -q idle; do sleep 0.5; done
echo "Slurm $(sinfo --version | cut -d' ' -f2) with one node is up, in $work"

sweep=(run -m stack=adam/sgd 'alpha=0.001/1e-5,0.01/1e-4' 'seed=0,1' dataset.generated=true dataset.train=6000
    dataset.test=500 epochs=15 device=cpu compile=false pack=1)
slurm=(engine=slurm partition=short time=20m workers=2)
hyperopt() { "$python" -m hyperopt "$@"; }
jobs() { squeue --noheader --array --format='%i %T'; }

hyperopt "${sweep[@]}" "${slurm[@]}" --detach
echo "--- queued:"; jobs
until jobs | grep -q RUNNING; do sleep 0.5; done
scontrol update nodename="$node" state=drain reason="a test"
killed=$(jobs | awk '$2 == "RUNNING" { print $1; exit }')
until [ -n "$(ls "$HYPEROPT_HOME"/progress 2>/dev/null)" ]; do sleep 0.5; done
scancel --signal=KILL --full "$killed"
echo "--- the node is drained, job $killed is killed:"; sinfo --noheader; jobs

while jobs | grep -q 'RUNNING\|COMPLETING'; do sleep 1; done
hyperopt "${sweep[@]}" "${slurm[@]}" --detach
echo "--- after a look in between:"; jobs
scontrol update nodename="$node" state=resume
hyperopt "${sweep[@]}" "${slurm[@]}" | tee "$work/slurm.txt"
hyperopt "${sweep[@]}" engine=slurm partition=short | grep "4 of 4 runs, 4 cached"

HYPEROPT_HOME=$work/here hyperopt "${sweep[@]}" workers=1 > "$work/here.txt"
"$python" "$here/tests/cluster/same_records.py" "$work/home" "$work/here"
if [ -n "${KILLS:-}" ]; then "$python" "$here/tests/cluster/kills.py" slurm "$KILLS"; fi
