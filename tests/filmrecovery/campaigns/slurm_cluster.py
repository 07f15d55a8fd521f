"""A cluster of Slurm with its accounting, all on this machine's loopback address, for as long as it is needed.

Needs root, and Debian's slurmctld, slurmd, slurmdbd, slurm-client and mariadb-server. Linux alone.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path

NODES = ("n1", "n2")

_LONGEST_WAIT = 120
_CONTROLLER = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
AuthType=auth/none
CredType=cred/none
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SlurmctldParameters=enable_configless
SlurmdParameters=config_overrides
SlurmdTimeout=30
ReturnToService=2
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={accounting}
JobAcctGatherType=jobacct_gather/linux
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName={nodes} NodeAddr=127.0.0.1 NodeHostname={host} Port=[{ports}] CPUs=1 RealMemory=4000
PartitionName=film Nodes=ALL Default=YES MaxTime=INFINITE
"""
_ACCOUNTING = """\
AuthType=auth/none
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={accounting}
SlurmUser=root
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={database}
StorageUser=root
StorageLoc=slurm
PidFile={folder}/slurmdbd.pid
LogFile={folder}/slurmdbd.log
"""


class SlurmCluster:
    """Two nodes of one processor each, their controller, and the accounting with its database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: dict[str, subprocess.Popen[bytes]] = {}
        controller, accounting, self._database, first = _free_ports()
        host = socket.gethostname().split(".")[0]
        values: dict[str, object] = {
            "folder": folder,
            "host": host,
            "controller": controller,
            "accounting": accounting,
            "database": self._database,
            "nodes": ",".join(NODES),
            "ports": f"{first}-{first + len(NODES) - 1}",
        }
        for name in ("state", "database", *(f"spool.{node}" for node in NODES)):
            (folder / name).mkdir(parents=True)
        (folder / "slurm.conf").write_text(_CONTROLLER.format(**values))
        accounts = folder / "slurmdbd.conf"
        accounts.write_text(_ACCOUNTING.format(**values))
        # It holds a password elsewhere, so that Slurm refuses one that others can read.
        accounts.chmod(0o600)

    @property
    def variables(self) -> Mapping[str, str]:
        """The environment in which Slurm's commands find this cluster."""
        return os.environ | {"SLURM_CONF": str(self._folder / "slurm.conf")}

    def start(self) -> None:
        """Starts all daemons, and waits until both nodes are idle. Raises RuntimeError where that does not happen."""
        data = self._folder / "database"
        made = ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db", "--user=root"]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._start(
            "mariadbd",
            "--no-defaults",
            "--skip-grant-tables",
            "--user=root",
            f"--datadir={data}",
            f"--socket={data}/socket",
            f"--port={self._database}",
            "--bind-address=127.0.0.1",
        )
        self._wait("the database", lambda: _answers(self._database))
        self._start("slurmdbd", "-D")
        self._wait("the accounting", lambda: self.ask("sacctmgr", "-n", "list", "cluster") is not None)
        self.ask("sacctmgr", "-i", "add", "cluster", "loopback")
        self._start("slurmctld", "-D")
        for node in NODES:
            self.start_node(node)
        self._wait("the nodes", lambda: self.ask("sinfo", "-h", "-o", "%t %D") == f"idle {len(NODES)}\n")

    def start_node(self, node: str) -> None:
        self._start("slurmd", "-D", "-N", node, name=node)

    def lose_node(self, node: str) -> int:
        """Ends a node as a machine is lost: its daemon, and whatever it was doing. Returns how many processes that was.

        They get SIGKILL; the controller finds out by itself.
        """
        jobs = (self.ask("squeue", "-h", "-w", node, "-o", "%A") or "").split()
        daemon = self._started.pop(node)
        daemon.kill()
        daemon.wait()
        ended = 0
        for process in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if process.name.isdigit() and self._belongs(process, jobs):
                    os.kill(int(process.name), signal.SIGKILL)
                    ended += 1
        return ended

    def _belongs(self, process: Path, jobs: list[str]) -> bool:
        """Whether a process is of a job, or looks after one, on this cluster."""
        variables = (process / "environ").read_bytes().split(b"\0")
        if f"SLURM_CONF={self._folder / 'slurm.conf'}".encode() not in variables:
            return False
        command = (process / "cmdline").read_bytes()
        looks_after = any(command.startswith(f"slurmstepd: [{job}.".encode()) for job in jobs)
        return looks_after or any(f"SLURM_JOB_ID={job}".encode() in variables for job in jobs)

    def ask(self, *command: str) -> str | None:
        """What a command of Slurm prints, None where it fails."""
        done = subprocess.run(command, env=self.variables, capture_output=True, text=True)
        return done.stdout if done.returncode == 0 else None

    def stop(self) -> None:
        """Cancels all jobs and ends all daemons."""
        self.ask("scancel", "--user=root")
        # The database last, since the others write into it.
        for process in reversed(self._started.values()):
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_LONGEST_WAIT)
            process.kill()
            process.wait()

    def _start(self, program: str, *arguments: str, name: str = "") -> None:
        with open(self._folder / f"{name or program}.out", "ab") as said:
            process = subprocess.Popen(
                [program, *arguments], env=self.variables, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        self._started[name or program] = process

    def _wait(self, what: str, is_there: Callable[[], bool]) -> None:
        end = time.monotonic() + _LONGEST_WAIT
        while not is_there():
            if time.monotonic() > end:
                raise RuntimeError(f"{what} of Slurm did not come up; see the logs in {self._folder}")
            time.sleep(0.2)


@contextlib.contextmanager
def slurm_cluster(folder: Path) -> Generator[SlurmCluster]:
    """A cluster that is up, and down again afterwards. Raises RuntimeError where it does not start."""
    cluster = SlurmCluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()


def _free_ports() -> list[int]:
    """Ports that nobody listens on: of the controller, of the accounting, of the database, and of the first node.

    The other nodes have those behind it.
    """
    base = 20_000
    while True:
        ports = [base, base + 1, base + 2, base + 3]
        if not any(_answers(port) for port in range(base, base + 3 + len(NODES))):
            return ports
        base += 100


def _answers(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
