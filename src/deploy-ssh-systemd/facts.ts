import type { Answer } from '../core/host-agent/answer.ts';
import { readUnitFiles, type UnitFile } from '../core/host-agent/unit-files.ts';
import type { Colour } from './blue-green/ports.ts';
import type { Nas } from './dsm/models.ts';
import type { HistoryEntry } from './history.ts';
import { parseHistory } from './history.ts';
import { readTimerState, type TimerState } from './timer/timer-state.ts';
import { readUnitState, type UnitState } from './unit-state.ts';

/** The systemd of a user, for services without root. */
export interface UserSystemd {
  readonly name: string;
  /** `running`, `degraded`, …; empty when there is none. */
  readonly state: string;
  /** Whether it goes on after the last login has ended. */
  readonly lingers: boolean;
}

/** What a host says of itself. */
export interface MachineFacts {
  /** The service directory, as the host has it. */
  readonly path: string;
  /** Whose services these are, where they are not root's. */
  readonly user: UserSystemd | undefined;
  readonly machine: string;
  readonly kernel: string;
  readonly cores: number;
  /** Bytes. */
  readonly memory: number;
  /** What /proc/cpuinfo says that the processor can do; empty when it does not. */
  readonly cpu: readonly string[];
  readonly root: boolean;
  /** 0 when there is no systemd. */
  readonly systemd: number;
  /** Bytes that are free where the releases go. */
  readonly space: number;
  readonly inodes: number;
  /** Where the file system of the releases is mounted, and how: `rw`, `noexec`. */
  readonly mount: { readonly at: string; readonly options: readonly string[] };
  /** Whether the user of `run-as` is there; false too when none was asked for. */
  readonly hasUser: boolean;
  /** Who listens on the port of `listen`, when it is not the service; empty when nobody does. */
  readonly portHolder: string;
  /** TCP ports that somebody listens on. */
  readonly listening: readonly number[];
  readonly ipv6: boolean;
  /** Whether certbot has got a certificate for the service. */
  readonly certified: boolean;
  readonly lacking: readonly string[];
  /** A NAS; undefined where the layout is another one. */
  readonly nas: Nas | undefined;
  /** What a system update took away of ours. */
  readonly missing: readonly string[];
  /** Whether it can unpack zstd. */
  readonly zstd: boolean;
}

/** What it says of the service, too. */
export interface HostFacts extends MachineFacts {
  /** When they were read, by the runner's clock; milliseconds since the epoch. */
  readonly at: number;
  /** Of all that a deployment counts on: the host says whether it is still so. */
  readonly stamp: string;
  readonly unit: UnitState;
  /** The unit file was made by us, for this directory. */
  readonly ours: boolean;
  /** `ours`, empty when there is none (or an empty one), else what is in it. */
  readonly directory: string;
  readonly current: string;
  /** Which of two instances serves; empty where there is but one. */
  readonly colour: Colour | '';
  /** The other one, with its release and what systemd says of it. */
  readonly resting: { readonly colour: string; readonly release: string; readonly active: string } | undefined;
  /** Of the present release, with its digest; empty where it is a binary. */
  readonly image: string;
  readonly releases: readonly string[];
  /** Names in the store: sha256, and the mode where it is not 755. */
  readonly blobs: readonly string[];
  /** Bytes that came before an upload was cut, by such names. */
  readonly uploaded: ReadonlyMap<string, number>;
  readonly history: readonly HistoryEntry[];
  readonly pending: readonly string[];
  /** Who deploys now; empty when nobody does. */
  readonly holder: string;
  /** Text of the installed unit file. */
  readonly unitFile: string;
  /** What systemd has loaded the service from. */
  readonly unitFiles: readonly UnitFile[];
  /** Text of the present release's drop-in, as it is installed; empty when it has none. */
  readonly dropIn: string;
  /** Its files for other programs as they are installed, kind → text. */
  readonly system: ReadonlyMap<string, string>;
  /** Where somebody else's file lies in the place of one, by kind. */
  readonly systemForeign: ReadonlyMap<string, string>;
  /** Of a job; undefined where the service is none. */
  readonly timer: TimerState | undefined;
  /** Text of the installed timer; empty when there is none of ours. */
  readonly timerFile: string;
  /** Path of a timer with the service's name that is not ours; empty when there is none. */
  readonly foreignTimer: string;
  /** How the watchdog starts the present release; empty where systemd does. */
  readonly launch: string;
  /** sha256 of the bytes that the service runs, or as a job will run, when it is one of those that were asked for; else empty. */
  readonly running: string;
  /** A hash over the parts of the present release, when that runs; else empty. */
  readonly content: string;
  /** Names of the present release's environment variables. */
  readonly variables: readonly string[];
  /** Names of its credentials. */
  readonly credentials: readonly string[];
}

/** What the request "facts" brings. */
export function readFacts(answer: Answer): HostFacts {
  const words = (name: string) => answer.text(name).split(/\s+/).filter(Boolean);
  const [at = '', options = ''] = words('mount');
  const name = answer.text('own-user');
  return {
    path: answer.text('path'),
    user:
      name === '' ? undefined : { name, state: answer.text('user-systemd'), lingers: answer.text('lingers') === 'yes' },
    machine: answer.text('machine'),
    kernel: answer.text('kernel'),
    cores: Number(answer.text('cores')),
    memory: Number(answer.text('memory')) * 1024,
    cpu: words('cpu'),
    root: answer.text('uid') === '0',
    systemd: Number(/systemd (\d+)/.exec(answer.text('systemd'))?.[1] ?? 0),
    space: Number(answer.text('space')) * 1024,
    // some file systems count none
    inodes: /^\d+$/.test(answer.text('inodes')) ? Number(answer.text('inodes')) : Number.POSITIVE_INFINITY,
    mount: { at, options: options.split(',') },
    hasUser: answer.text('has-user') === 'yes',
    portHolder: answer.text('holder-of-port'),
    listening: words('listening').map(hex => Number.parseInt(hex, 16)),
    ipv6: answer.text('ipv6') === 'yes',
    certified: answer.text('certified') === 'yes',
    lacking: answer.all('lacking'),
    nas:
      answer.text('dsm') === ''
        ? undefined
        : { dsm: answer.text('dsm'), model: answer.text('model'), unique: answer.text('platform') },
    missing: answer.all('missing'),
    zstd: answer.text('zstd') === 'yes',
    ...readState(answer),
  };
}

/** What the request "state" brings: what a deployment changes of the facts. */
export function readState(answer: Answer): Omit<HostFacts, keyof MachineFacts> {
  const words = (name: string) => answer.text(name).split(/\s+/).filter(Boolean);
  return {
    at: Date.now(),
    stamp: answer.text('stamp'),
    unit: readUnitState(answer.text('unit')),
    ours: answer.text('ours') === 'yes',
    directory: answer.text('directory'),
    current: answer.text('current'),
    colour: answer.text('colour') as HostFacts['colour'],
    resting: readResting(answer.text('resting')),
    image: answer.text('image'),
    releases: words('releases'),
    blobs: words('blobs'),
    uploaded: new Map(
      answer
        .text('parts')
        .split('\n')
        .filter(Boolean)
        .map(line => [line.split(' ')[0]!, Number(line.split(' ')[1])]),
    ),
    history: parseHistory(answer.text('history')),
    pending: words('pending'),
    holder: answer.text('locked') === 'yes' ? answer.text('holder') || 'unknown' : '',
    unitFile: answer.text('unit-file'),
    unitFiles: readUnitFiles(answer.text('files')),
    dropIn: answer.text('drop-in'),
    system: new Map(answer.all('system').map(text => split(text, '\n'))),
    systemForeign: new Map(answer.all('system-foreign').map(text => split(text, ' '))),
    timer: readTimerState(answer),
    timerFile: answer.text('timer-file'),
    foreignTimer: answer.text('foreign-timer'),
    launch: answer.text('launch'),
    running: answer.text('sha256'),
    content: answer.text('content'),
    variables: words('variables'),
    credentials: words('credentials'),
  };
}

function readResting(text: string): HostFacts['resting'] {
  const [colour = '', release = '', active = ''] = text.split(' ');
  return text === '' ? undefined : { colour, release, active };
}

/** The first word, and all behind it. */
function split(text: string, by: string): [string, string] {
  return [text.slice(0, text.indexOf(by)), text.slice(text.indexOf(by) + 1)];
}
