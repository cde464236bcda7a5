import { openRecords } from '../../src/core/records/index.ts';
import { sampleEntry, sampleRelease } from '../core/records/samples.ts';

/** A writer in a process of its own: `SPEC DIRECTORY entry ID` or `SPEC DIRECTORY release VERSION FOLDER MEGABYTES`. */
const [spec = '', directory = '', what, name = '', folder = '', megabytes = '0'] = process.argv.slice(2);
const { signal } = new AbortController();
const records = await openRecords(spec, { place: 'test', image: undefined, directory, env: process.env, signal });
if (what === 'entry') await records.append(sampleEntry({ id: name }));
else {
  const release = await sampleRelease(folder, name, { content: Buffer.alloc(Number(megabytes) << 20, name) });
  process.stdout.write('begin\n');
  await records.put(release);
  process.stdout.write('end\n');
}
