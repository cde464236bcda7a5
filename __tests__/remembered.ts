import type { Deployment } from '../src/core/record/schema.ts';
import { entrySchema } from '../src/core/records/entry.ts';
import { openRecords } from '../src/core/records/index.ts';

export interface Past {
  readonly state: Deployment['state'];
  readonly commit: string | undefined;
  /** As deployments have it. */
  readonly service: string;
  readonly mode?: string;
}

let minute = 0;

/** Writes a deployment down in a folder of records, as one that was made after all before. */
export async function remember(folder: string, { state, commit, service, mode = 'deploy' }: Past): Promise<void> {
  const at = new Date(Date.UTC(2026, 0, 1, 0, minute++)).toISOString();
  const deployment = {
    kind: 'ssh-systemd',
    place: 'a@b:22',
    service,
    release: 'r',
    previous: '',
    state,
    by: 'me',
  } as const;
  const opening = { place: '', image: undefined, directory: '/', env: {}, signal: new AbortController().signal };
  using records = await openRecords({ folder }, opening);
  await records.append({
    schema: entrySchema,
    kind: 'deployment',
    id: `${at.replaceAll(/\D/g, '')}-${minute}`,
    by: 'me',
    name: 'x',
    version: 'v1',
    commit,
    environment: '',
    mode,
    state,
    ...{ at, started: at, ended: at },
    deployments: [{ ...deployment, started: at, ended: at, evidence: {} }],
  });
}
