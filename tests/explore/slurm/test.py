#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A sweep by a real Slurm: its daemons are started on this machine, a job array makes the shards, one
task is killed and submitted again, another job joins them. It must come out as a sweep does that
knows nothing of Slurm.

usage: test.py IRQLAB IMAGES

Debian's slurm-wlm and munge, run by whoever calls this (root or not), with a configuration, a key
and ports of their own, without systemd and without control groups. Where they cannot run, the test
fails and shows what they said.
"""
import contextlib
import ctypes
import getpass
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SHARDS = 4
FLAWED = 102
WAIT_S = 90

CONFIG = """\
ClusterName=irqlab
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={ctld_port}
SlurmdPort={slurmd_port}
AuthType=auth/munge
AuthInfo=socket={dir}/munge.socket
CredType=cred/munge
StateSaveLocation={dir}/state
SlurmdSpoolDir={dir}/spool
SlurmctldPidFile={dir}/slurmctld.pid
SlurmdPidFile={dir}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MailProg=/bin/true
KillWait=2
SlurmctldTimeout=60
SlurmdTimeout=60
MessageTimeout=30
SchedulerParameters=sched_interval=1,sched_min_interval=0,defer=0
NodeName=irqlab-node NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus}
PartitionName=all Nodes=irqlab-node Default=YES State=UP
"""

# slurmd 22.05 wants a plugin for control groups, though nothing uses it; this one touches nothing.
NO_CGROUPS = """\
CgroupPlugin=cgroup/v1
CgroupAutomount=no
CgroupMountpoint={dir}/none
"""
PR_SET_PDEATHSIG = 1


def fail(text):
    sys.exit(f"FAIL: {text}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def find(program):
    """Daemons are in sbin, which need not be in PATH."""
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        fail(f"{program} is missing: apt-get install slurm-wlm munge")
    return found


def die_with_parent():
    """Also when the test is killed by a signal that it cannot catch."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Daemon:
    """A process of ours in its foreground; its whole group ends with the test."""

    def __init__(self, name, command, folder, environment):
        self.name, self.log = name, os.path.join(folder, name + ".out")
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, env=environment,
                                            start_new_session=True,
                                            preexec_fn=die_with_parent)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return f"--- {self.name} (exit code {self.process.poll()}):\n{file.read()[-4000:]}"

    def stop(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=10)
                break


def processes_of(folder):
    """Those that still have to do with @folder: steps of jobs have sessions of their own."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            with open(f"/proc/{pid}/environ", "rb") as file:
                if f"SLURM_CONF={folder}/".encode() in file.read() and int(pid) != os.getpid():
                    found.append(int(pid))
    return found


class Slurm:
    """munged, slurmctld and slurmd, as long as the `with` lasts."""

    def __init__(self, folder):
        self.folder, self.daemons = folder, []
        self.environment = dict(os.environ, SLURM_CONF=f"{folder}/slurm.conf")

    def write(self):
        for name in ("state", "spool"):
            os.mkdir(os.path.join(self.folder, name))
        config = CONFIG.format(host=socket.gethostname().split(".")[0], user=getpass.getuser(),
                               ctld_port=free_port(), slurmd_port=free_port(), dir=self.folder,
                               cpus=os.cpu_count())
        for name, text in ("slurm.conf", config), ("cgroup.conf", NO_CGROUPS.format(dir=self.folder)):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write(text)
        with open(os.open(f"{self.folder}/munge.key", os.O_CREAT | os.O_WRONLY, 0o400), "wb") as key:
            key.write(os.urandom(1024))

    def start(self, name, *command):
        self.daemons.append(Daemon(name, [find(name), *command], self.folder, self.environment))

    def wait_for(self, what, condition):
        until = time.monotonic() + WAIT_S
        while not condition():
            dead = [d for d in self.daemons if d.process.poll() is not None]
            if dead or time.monotonic() > until:
                fail(f"{what}: {'a daemon has ended' if dead else f'not within {WAIT_S} s'}\n" +
                     "\n".join(d.said() for d in self.daemons))
            time.sleep(0.1)

    def ask(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              check=False)

    def submit(self, *arguments, **environment):
        done = subprocess.run(["sbatch", "--parsable", "--output", f"{self.folder}/%A_%a.log", *arguments],
                              env=dict(self.environment, **environment), capture_output=True,
                              text=True, check=False)
        if done.returncode:
            fail(f"sbatch: {done.stderr}\n" + "\n".join(d.said() for d in self.daemons))
        return done.stdout.strip().split(";")[0]

    def states(self, job):
        """Of its tasks that Slurm still has to do with."""
        return self.ask("squeue", "-h", "-r", "-o", "%T", "-j", job).stdout.split()

    def __enter__(self):
        try:
            self.start_all()
        except BaseException:
            self.stop_all()
            raise
        return self

    def __exit__(self, *_):
        self.stop_all()

    def start_all(self):
        folder = self.folder
        self.write()
        self.start("munged", "-F", "--force", f"--key-file={folder}/munge.key",
                   f"--socket={folder}/munge.socket", f"--pid-file={folder}/munge.pid",
                   f"--log-file={folder}/munge.log", f"--seed-file={folder}/munge.seed")
        self.wait_for("munged", lambda: os.path.exists(f"{folder}/munge.socket"))
        self.start("slurmctld", "-D", "-c")
        self.wait_for("slurmctld", lambda: self.ask("sinfo").returncode == 0)
        self.start("slurmd", "-D", "-N", "irqlab-node")
        self.wait_for("slurmd", lambda: self.ask("sinfo", "-h", "-o", "%T").stdout.strip() == "idle")

    def stop_all(self):
        for daemon in reversed(self.daemons):
            daemon.stop()
        for pid in processes_of(self.folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def batches(path):
    with contextlib.suppress(FileNotFoundError):
        with open(path, encoding="utf-8") as file:
            return sum('"kind":"batch"' in line for line in file)
    return 0


def is_done(path):
    with open(path, encoding="utf-8") as file:
        return '"kind":"done"' in file.read()


def compare(irqlab, results, options, folder):
    """The merged shards with one sweep without Slurm."""
    whole = f"{folder}/whole.json"
    subprocess.run([irqlab, "explore", "--keep-going", "--json", whole, "--output", f"{folder}/whole.schedule",
                    *options], stdout=subprocess.DEVNULL, check=False)
    expected = subprocess.run([irqlab, "merge", "--json", whole], stdout=subprocess.PIPE, text=True,
                              check=False).stdout
    with open(f"{results}/merged.json", encoding="utf-8") as file:
        merged = file.read()
    lines = [[json.loads(line) for line in text.splitlines()] for text in (expected, merged)]
    for line in lines[0] + lines[1]:
        line.pop("deciders", None)
        line.pop("schedules", None)
    if lines[0] != lines[1]:
        fail(f"the shards differ from the whole:\n{expected}\n{merged}")
    done = subprocess.run([irqlab, "explore", "--replay", f"{results}/first.schedule"], check=False)
    if done.returncode != FLAWED:
        fail(f"the schedule that was found gives exit code {done.returncode}, not {FLAWED}")


def sweep(slurm, irqlab, images):
    results = os.path.join(slurm.folder, "results")
    os.mkdir(results)
    options = ["--strategy", "pct", "--depth", "2", "--runs", "20000", "-smp", "2", "-semihosting", "-kernel",
               f"{images}/counter-flawed.elf"]
    script = [os.path.join(HERE, "sweep.sbatch"), results, *options]
    job = slurm.submit(f"--array=1-{SHARDS}", *script, IRQLAB=irqlab)
    slurm.wait_for("the first task", lambda: batches(f"{results}/1.json") > 2)
    slurm.ask("scancel", "--signal=KILL", "--full", f"{job}_1")
    slurm.wait_for("the tasks", lambda: not slurm.states(job))
    if is_done(f"{results}/1.json"):
        fail("the first task was at its end before it was killed")
    again = slurm.submit("--array=1", *script, IRQLAB=irqlab, IRQLAB_SHARDS=str(SHARDS))
    last = slurm.submit(f"--dependency=afterany:{again}", os.path.join(HERE, "merge.sbatch"), results,
                        IRQLAB=irqlab)
    slurm.wait_for("the tasks", lambda: not slurm.states(last))
    with open(f"{results}/merged.txt", encoding="utf-8") as file:
        print(file.read(), end="")
    compare(irqlab, results, options, slurm.folder)


def main():
    irqlab, images = map(os.path.abspath, sys.argv[1:3])
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    folder = tempfile.mkdtemp(prefix="irqlab-slurm-", dir="/tmp")  # a socket's path is short
    try:
        with Slurm(folder) as slurm:
            version = slurm.ask("sinfo", "--version").stdout.strip()
            sweep(slurm, irqlab, images)
        print(f"{version}: {SHARDS} tasks, one of them killed and submitted again: as without it")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
