import { openRecords } from '../../src/core/records/index.ts';
import { bigRelease, sampleEntry } from '../core/records/samples.ts';

/** A writer in a process of its own: `SPEC DIRECTORY entry ID` or `SPEC DIRECTORY release VERSION FOLDER MEGABYTES`. */
const [spec = '', directory = '', what, name = '', folder = '', megabytes = '0'] = process.argv.slice(2);
/** A registry of the lab speaks plain HTTP. */
const plainHttp = { images: [], insecure: true, 'registry-username': undefined, 'registry-password': undefined };
const { signal } = new AbortController();
using records = await openRecords(spec, { place: 'test', image: plainHttp, directory, env: process.env, signal });
if (what === 'entry') await records.append(sampleEntry({ id: name }));
else {
  const release = await bigRelease(folder, name, Number(megabytes));
  process.stdout.write('begin\n');
  await records.put(release);
  process.stdout.write('end\n');
}
