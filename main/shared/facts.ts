/**
 * What is known of a server before something is set up on it. All was read at one moment without changing anything;
 * `null` stands for what could not be found out.
 */

export interface ServerFacts {
  readonly account: AccountFacts;
  readonly system: SystemFacts;
  readonly machine: MachineFacts;
  /** Where something can be kept; without the kernel's own mounts. Null: the server did not tell. */
  readonly disks: readonly DiskFacts[] | null;
  readonly pythons: readonly PythonFacts[] | null;
  readonly uv: { readonly version: string | null; readonly path: string } | null;
  readonly packages: PackageFacts;
  readonly systemd: SystemdFacts;
  readonly sudo: SudoFacts;
  /** Null: the server did not tell. */
  readonly ports: readonly ListeningPort[] | null;
  readonly services: readonly FoundService[];
  readonly docker: DockerFacts;
  readonly settings: readonly NetworkSetting[];
  /** The package index that pip or uv would ask. */
  readonly index: Answering;
  /** Up to two of apt's hosts; empty where there is no apt. */
  readonly apt: readonly Answering[];
  /** Where releases of programs are published: GitHub, or the mirror that this machine was told of. */
  readonly releases: Answering;
  readonly clock: ClockFacts | null;
  /** How long the server took to find out, by its own clock. */
  readonly tookMs: number | null;
  /** Sections of the answer that never came: the connection ended early, or something hung. */
  readonly missing: readonly string[];
}

export interface AccountFacts {
  readonly user: string | null;
  readonly uid: number | null;
  readonly groups: readonly string[];
  readonly home: string | null;
  /** Login shell, a path. */
  readonly shell: string | null;
}

export interface SystemFacts {
  /** As in os-release: `debian`, `ubuntu`, `alpine`, `rocky`. */
  readonly id: string | null;
  /** Itself and what it is made from: `['ubuntu', 'debian']`. */
  readonly family: readonly string[];
  /** `12`, `24.04`. */
  readonly release: string | null;
  readonly codename: string | null;
  /** For people: `Ubuntu 24.04.3 LTS`. */
  readonly name: string | null;
  /** `Linux`, as uname says. */
  readonly kernelName: string | null;
  readonly kernelRelease: string | null;
  readonly libc: { readonly kind: 'glibc' | 'musl'; readonly version: string | null } | null;
}

export interface MachineFacts {
  /** As uname says: `x86_64`, `aarch64`. */
  readonly architecture: string | null;
  readonly cpuCount: number | null;
  readonly cpuModel: string | null;
  /** Of the machine, or of the container where it may use less. */
  readonly memoryBytes: number | null;
  /** What programs could take now without swapping. */
  readonly memoryFreeBytes: number | null;
  readonly swapBytes: number | null;
}

export interface DiskFacts {
  readonly mount: string;
  readonly fileSystem: string | null;
  readonly sizeBytes: number;
  /** For this account: without what is kept back for root. Quotas are not known. */
  readonly freeBytes: number;
  readonly readOnly: boolean;
  /** Programs can't be run from it. */
  readonly noExec: boolean;
  readonly holdsHome: boolean;
  readonly holdsTmp: boolean;
}

export interface PythonFacts {
  readonly path: string;
  readonly version: string;
  /** Null in each: too old to be asked. */
  readonly pip: boolean | null;
  /** `python -m venv` makes a whole environment: on Debian that needs python3-venv, which brings ensurepip. */
  readonly venv: boolean | null;
  /** The system keeps pip from installing into it (PEP 668). */
  readonly externallyManaged: boolean | null;
}

export const packageManagers = ['apt-get', 'dnf', 'yum', 'apk', 'pacman', 'zypper'] as const;
export type PackageManager = (typeof packageManagers)[number];

export interface PackageFacts {
  readonly manager: PackageManager | null;
  readonly lock: PackageLock;
  /** dpkg was cut off: `dpkg --configure -a` comes first. */
  readonly interrupted: boolean;
  /** cloud-init is still preparing the server after its first start. */
  readonly firstBoot: 'running' | 'done' | null;
}

export type PackageLock =
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly pid: number; readonly program: string | null; readonly file: string }
  /** No lock now, but a package manager at work, which may take it at any moment. */
  | { readonly kind: 'busy'; readonly pid: number; readonly program: string }
  | { readonly kind: 'unknown' };

export type SystemdFacts =
  | {
      readonly kind: 'booted';
      readonly version: number | null;
      /** `running`, `degraded`, `starting` … as systemctl says. */
      readonly state: string | null;
      readonly user: UserSystemd;
      /** The account's services start with the machine and outlive its sessions. */
      readonly linger: boolean | null;
    }
  /** Another init, or a container without one. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown' };

export type UserSystemd =
  { readonly kind: 'reached'; readonly state: string } | { readonly kind: 'unreached'; readonly why: string };

export type SudoFacts =
  | { readonly kind: 'root' }
  | { readonly kind: 'without-password'; readonly needsTerminal: boolean }
  /** Whether the password opens everything is known only once it is given. */
  | { readonly kind: 'with-password'; readonly needsTerminal: boolean }
  /** Some commands only, without a password. */
  | { readonly kind: 'limited'; readonly needsTerminal: boolean }
  /** The account may not use it. */
  | { readonly kind: 'none' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: string };

export interface ListeningPort {
  /** 1–65535, TCP. */
  readonly port: number;
  /** `127.0.0.1`, `0.0.0.0`, `::`; without interface. */
  readonly addresses: readonly string[];
  /** Null: other accounts' programs are shown to root only. `unit` often tells. */
  readonly program: { readonly name: string; readonly pid: number } | null;
  /** systemd's unit, `ssh.service`. */
  readonly unit: string | null;
  readonly user: string | null;
}

export type Product = 'mlflow' | 'minio' | 'versitygw' | 'postgresql';

/** Something that was there before us, and how it was noticed. */
export type FoundService = { readonly product: Product } & (
  | {
      readonly kind: 'unit';
      readonly unit: string;
      readonly scope: 'system' | 'user';
      readonly path: string;
      readonly active: boolean;
      readonly enabled: boolean;
      readonly folder: string | null;
      readonly account: string | null;
      readonly address: string | null;
      readonly port: number | null;
    }
  | {
      readonly kind: 'process';
      readonly pid: number;
      readonly user: string | null;
      readonly address: string | null;
      readonly port: number | null;
    }
  | {
      readonly kind: 'start-script';
      readonly path: string;
      readonly address: string | null;
      readonly port: number | null;
    }
  | { readonly kind: 'installed'; readonly path: string; readonly version: string | null }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'data'; readonly path: string }
  | { readonly kind: 'program'; readonly name: string }
  | {
      readonly kind: 'cluster';
      readonly version: string;
      readonly name: string;
      readonly active: boolean;
      readonly port: number;
    }
  | {
      readonly kind: 'container';
      readonly name: string;
      readonly image: string;
      readonly state: string;
      /** As docker says: `127.0.0.1:5000->5000/tcp`. */
      readonly ports: string;
    }
);

export type DockerFacts =
  { readonly kind: 'usable' } | { readonly kind: 'absent' } | { readonly kind: 'unusable'; readonly why: string };

/** A proxy, mirror or certificate file that is set on the server. Passwords in URLs were taken out there. */
export interface NetworkSetting {
  readonly kind: 'proxy' | 'no-proxy' | 'index' | 'certificates' | 'other';
  /** `environment`, `apt`, or the file. */
  readonly source: string;
  readonly name: string;
  readonly value: string;
}

export type Answering =
  | { readonly kind: 'answers'; readonly url: string; readonly status: number; readonly tookMs: number | null }
  /** Something answered, but not with what was asked for: login needed, forbidden, broken. */
  | { readonly kind: 'refuses'; readonly url: string; readonly status: number }
  | { readonly kind: 'silent'; readonly url: string; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

export interface ClockFacts {
  /** Server minus this machine: positive when the server is ahead. */
  readonly skewMs: number;
  /** The true skew is within this of {@link skewMs}. */
  readonly uncertaintyMs: number;
}
