import { basename } from 'node:path';
import { beginRecord } from '../core/record/begin.ts';
import type { LoadedRecord } from '../core/record/files.ts';
import type { Deployment } from '../core/record/schema.ts';
import { spansEvidence } from '../core/record/spans.ts';
import type { Done } from './clusters/done.ts';
import { placeOf } from './clusters/place.ts';
import type { Outcome } from './outcome.ts';
import { plainRow } from './step-row.ts';
import { titleOf } from './target.ts';

/** The record with these deployments added; a new one where no earlier step made one. */
export function withDeployments(loaded: LoadedRecord | undefined, done: readonly Done[]): LoadedRecord {
  const { site, outcome } = done[0]!;
  const { file, record } =
    loaded ?? beginRecord(site.options.directory, { name: outcome.workload, version: versionOf(outcome) });
  return { file, record: { ...record, deployments: [...record.deployments, ...done.map(deploymentOf)] } };
}

function deploymentOf({ site, outcome, started, ended }: Done): Deployment {
  const { options, journal, name, wave } = site;
  const { state, image, previous, release, identity, error, lines } = outcome;
  const trend = journal.trend.points.map(point => ({ ...plainRow(point), at: new Date(point.at).toISOString() }));
  return {
    kind: 'kubernetes',
    place: placeOf(site),
    service: titleOf(outcome),
    image,
    release,
    previous,
    state,
    by: options.by,
    started,
    ended,
    evidence: {
      mode: options.mode,
      ...(name === '' ? {} : { cluster: name, wave }),
      steps: journal.rows.map(plainRow),
      ...(trend.length === 0 ? {} : { trend }),
      ...spansEvidence(journal.spans),
      limits: { alpha: options.alpha, beta: options.beta, tolerance: options.tolerance },
      probes: options.probes.map(({ name }) => name),
      metrics: journal.metrics.map(plainRow),
      identity: identity?.identity ?? 'unknown',
      pods: identity?.pods ?? [],
      ...(journal.notes.length === 0 ? {} : { notes: journal.notes }),
      ...(error === undefined ? {} : { reason: { code: error.code, message: error.message } }),
      ...(lines === undefined || lines.length === 0 ? {} : { lines }),
    },
  };
}

/** Of an image that no record describes: its tag, else the beginning of its digest. */
function versionOf({ image }: Outcome): string {
  const tag = /:([\w][\w.-]{0,127})(?:@|$)/.exec(basename(image))?.[1];
  return tag ?? image.split('@')[1]?.slice(0, 19) ?? 'unknown';
}
