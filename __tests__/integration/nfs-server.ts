import { readdir, readFile, readlink } from 'node:fs/promises';
import { type LabHost, labModule } from './lab.ts';

/** Where it has the files: in memory, as the tree of a lab host has no handles by which a server of NFS finds files again. */
const folder = '/srv/export';

const exported = {
  'root-squash': 'Access_Type = RW; Squash = Root_Squash',
  'all-squash': 'Access_Type = RW; Squash = All_Squash',
  'read-only': 'Access_Type = RO; Squash = Root_Squash',
} as const;

/** One folder, exported in several ways. */
export interface NfsServer {
  /** As its own host has it, seen from this machine. */
  readonly folder: string;
  readonly exports: readonly (keyof typeof exported)[];
  /** It answers nobody any more, until it goes on. */
  readonly stall: () => void;
  readonly goOn: () => void;
}

/** Debian's nfs-ganesha on a lab host, for NFS version 3; the folder is that user's. */
export async function startNfsServer(host: LabHost, owner: string): Promise<NfsServer> {
  const { install, exec } = await labModule('host');
  const run = async (script: string) => {
    const { code, stderr } = await exec(host.name, ['sh', '-ec', script]);
    if (code !== 0) throw new Error(`the server of NFS on ${host.name}: ${stderr}`);
  };
  await install(host.name, ['nfs-ganesha', 'nfs-ganesha-vfs']);
  const exports = Object.entries(exported).map(
    ([name, how], index) =>
      `EXPORT { Export_Id = ${index + 1}; Path = ${folder}; Pseudo = /${name}; ${how}; FSAL { Name = VFS; } }`,
  );
  const configuration = [
    'NFS_CORE_PARAM { Protocols = 3; mount_path_pseudo = true; fsid_device = true;',
    '  Enable_NLM = false; Enable_RQUOTA = false; }',
    'EXPORT_DEFAULTS { Protocols = 3; Transports = TCP; SecType = sys; }',
    ...exports,
  ].join('\n');
  // started from outside: nspawn keeps the host's own services from opening files by their handles
  await run(`
    mkdir -p ${folder} /run/ganesha && mount -t tmpfs -o mode=755,size=200m tmpfs ${folder} && chown ${owner}: ${folder}
    printf '%s\n' '${configuration}' >/etc/ganesha/ganesha.conf
    systemctl start rpcbind
    ganesha.nfsd -f /etc/ganesha/ganesha.conf -L /var/log/ganesha.log -p /run/ganesha.pid
    until grep -qs 'NFS SERVER INITIALIZED' /var/log/ganesha.log; do sleep 0.1; done`);
  const pid = await serverBelow(host);
  return {
    folder: `/proc/${host.leaderPid}/root${folder}`,
    exports: Object.keys(exported) as (keyof typeof exported)[],
    stall: () => process.kill(pid, 'SIGSTOP'),
    goOn: () => process.kill(pid, 'SIGCONT'),
  };
}

/** The server's number on this machine, where it can be stopped at once. */
async function serverBelow({ leaderPid }: LabHost): Promise<number> {
  const space = (pid: string) => readlink(`/proc/${pid}/ns/pid`).catch(() => 'gone');
  const own = await space(String(leaderPid));
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name)))
    if ((await space(pid)) === own && (await readFile(`/proc/${pid}/cmdline`, 'utf8')).startsWith('ganesha.nfsd'))
      return Number(pid);
  throw new Error('no server of NFS is there');
}
