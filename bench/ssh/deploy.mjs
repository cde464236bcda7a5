import { measure, row } from '../lib/measure.mjs';
import { makePeers } from './peers.mjs';

/** A program of 20 MB to one host: all of it, the transfer, and the same again. */
export async function far({ stage, rounds, short, progress }) {
  const megabytes = short ? 8 : 20;
  const host = await stage.host('host101');
  const peers = await makePeers(stage, host);
  const extra = { uploading: [], again: [] };
  let binary;
  const deploy = async () => {
    binary = stage.program(megabytes);
    const done = await stage.deploy([host], { binary });
    if (done.outputs.state !== 'healthy') throw new Error(`it is ${done.outputs.state}`);
    extra.uploading.push(done.at('upload done'));
    return done.seconds;
  };
  const withoutZstd = async () => {
    await stage.on(host, 'chmod', '000', '/usr/bin/zstd');
    const { seconds } = await stage.deploy([host], { binary: stage.program(megabytes) });
    await stage.on(host, 'chmod', '755', '/usr/bin/zstd');
    return seconds;
  };
  const again = async () => {
    host.far.sent();
    const done = await stage.deploy([host], { binary });
    if (done.outputs.state !== 'unchanged') throw new Error(`it is ${done.outputs.state}`);
    extra.again.push(host.far.sent() / 1000);
    return done.seconds;
  };
  const contenders = [
    { name: 'ours', run: deploy },
    { name: 'ours again', run: again },
    { name: 'ours without zstd', run: withoutZstd },
    { name: 'rsync', run: () => peers.rsync(stage.program(megabytes)) },
    { name: 'scp', run: () => peers.scp(stage.program(megabytes)) },
    { name: 'ansible', run: () => peers.ansible(stage.program(megabytes)) },
  ];
  const samples = await measure(contenders, rounds, { warmUp: !short, progress });
  const last = list => list.slice(-rounds);
  const everything = { ...samples, 'ours upload': last(extra.uploading), 'sent again': last(extra.again) };
  const size = `${megabytes} MB`;
  const of = wanted => row(wanted, everything);
  return {
    rows: [
      of({ name: `${size}, against scp and \`systemctl restart\``, ours: 'ours', peer: 'scp', goal: { most: 3 } }),
      of({ name: `${size}: the same, as a ratio`, ours: 'ours', peer: 'scp', goal: { ratio: 0.5 } }),
      of({ name: `${size} to a host that has no zstd`, ours: 'ours without zstd', peer: 'scp' }),
      of({ name: `${size}, against ansible`, ours: 'ours', peer: 'ansible', goal: { ratio: 0.5 } }),
      of({
        name: `${size}: from the start of the step until it is on the host, against \`rsync -z\``,
        ours: 'ours upload',
        peer: 'rsync',
        goal: { ratio: 1.1 },
      }),
      of({
        name: `${size} again, nothing changed, against ansible`,
        ours: 'ours again',
        peer: 'ansible',
        goal: { most: 1 },
      }),
      of({ name: 'the same: sent, the connection included', ours: 'sent again', peer: 'sent again', unit: 'kB' }),
    ],
    samples: everything,
    versions: peers.versions,
  };
}
