// Many hosts at once, all on this machine: overlays of one tree, each with an address, systemd and sshd of its own.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { measure, row } from '../lib/measure.mjs';
import { saidPeak, sayPeak } from '../lib/peak.mjs';

/** The goal speaks of 1 MB; the smallest service that Go makes is larger. */
const megabytes = 1.3;
/** Every systemd takes some of these; the kernel's 128 a user are for about thirty hosts. */
const instances = '/proc/sys/fs/inotify/max_user_instances';

/**
 * A small program to 20 hosts against one, and the memory of a wave of 100. The hosts' own work is done by the same
 * processors: what a deployment costs them, one host after the other, is said beside it.
 */
export async function many({ stage, rounds, short, progress }) {
  const before = readFileSync(instances, 'utf8');
  writeFileSync(instances, '4096');
  try {
    const [few, all] = short ? [3, 5] : [20, 100];
    const hosts = [];
    for (let at = 1; at <= all; at++) hosts.push(await stage.host(`host${100 + at}`));
    const wave = async (some, more) => {
      const done = await stage.deploy(some, { binary: stage.program(megabytes), ...more?.inputs }, more?.env);
      if (done.outputs.state !== 'healthy') throw new Error(`it is ${done.outputs.state}`);
      return done;
    };
    const contenders = [
      { name: 'few', run: async () => (await wave(hosts.slice(0, few))).seconds },
      { name: 'one', run: async () => (await wave(hosts.slice(0, 1))).seconds },
      {
        name: 'in turn',
        run: async () => {
          let seconds = 0;
          for (const host of hosts.slice(0, few)) seconds += (await wave([host])).seconds;
          return seconds;
        },
      },
    ];
    const samples = await measure(contenders, rounds, { warmUp: !short, progress });
    const memory = (await wave(hosts, { env: { NODE_OPTIONS: sayPeak }, inputs: { 'healthy-deadline': '5m' } })).log;
    const one = (await wave(hosts.slice(0, 1), { env: { NODE_OPTIONS: sayPeak } })).log;
    const everything = { ...samples, memory: [saidPeak(memory)], 'memory for one': [saidPeak(one)] };
    const of = wanted => row(wanted, everything);
    const here = `all on ${cpus().length} cores`;
    return {
      rows: [
        of({
          name: `${megabytes} MB to ${few} hosts, ${here}, against one host`,
          ours: 'few',
          peer: 'one',
          goal: { ratio: 1.5 },
        }),
        of({ name: `the same, against one after the other`, ours: 'few', peer: 'in turn' }),
        of({
          name: `memory for ${all} hosts in one wave, against one host`,
          ours: 'memory',
          peer: 'memory for one',
          unit: 'MB',
          goal: { most: 300 },
        }),
      ],
      samples: everything,
      versions: {},
    };
  } finally {
    writeFileSync(instances, before);
  }
}
