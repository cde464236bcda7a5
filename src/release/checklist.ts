import type { ReleaseRecord } from '../core/record/schema.ts';
import { didYouMean } from '../core/suggest.ts';
import type { ReadLink } from './agree.ts';
import type { Finding as Found } from './doctor/check.ts';
import { checks } from './doctor/registry.ts';

/** What the checklist looks at. */
export interface Facts {
  readonly record: ReleaseRecord;
  /** What will be done with it. */
  readonly links: readonly ReadLink[];
  /** Environments in which this version was verified. */
  readonly verifiedIn: readonly string[];
  /** What the doctor saw; empty where nothing of it is required. */
  readonly found: readonly Found[];
}

interface Finding {
  /** For people, as a sentence that is true when it is met. */
  readonly means: string;
  /** What stands against it; empty when it is met. */
  readonly against: (facts: Facts) => string[];
}

const inBinaries = (fails: (one: ReleaseRecord['binaries'][number]) => boolean) => (facts: Facts) =>
  facts.record.binaries.filter(fails).map(one => `${one.package} for ${one.target}`);

const onImages =
  (why: string, fits: (one: ReleaseRecord['images'][number]['attestations'][number]) => boolean) => (facts: Facts) =>
    facts.record.images
      .filter(image => !image.attestations.some(fits))
      .map(image => `${image.repositories[0]}: ${why}`);

/** What can be required of a release before it is deployed, by name. */
export const findings: Readonly<Record<string, Finding>> = {
  tagged: {
    means: 'The version is a tag, not made from a commit.',
    against: ({ record: { version } }) => (/\d{14}-[0-9a-f]{12}/.test(version) ? [`the version is ${version}`] : []),
  },
  clean: {
    means: 'The release was built from a commit alone, without changed files.',
    against: ({ record }) => [
      ...(record.commit === undefined ? ['no commit is known'] : []),
      ...(record.modified === true ? ['files were changed or not committed'] : []),
    ],
  },
  tested: {
    means: 'Tests ran before the build, and all passed (`test: true`).',
    against: ({ record: { tests = [] } }) =>
      tests.length === 0 ? ['no test ran'] : tests.filter(one => one.result !== 'passed').map(one => one.command),
  },
  reproducible: {
    means: 'A second build in another folder gave the same bytes (`reproducible: true`).',
    against: inBinaries(one => one.reproducible !== true),
  },
  sbom: { means: 'Every binary has a bill of materials.', against: inBinaries(one => one.sbom === undefined) },
  provenance: {
    means: 'Every image has a provenance statement.',
    against: onImages('no provenance', one => one.type.startsWith('https://slsa.dev/provenance/')),
  },
  signed: {
    means: 'Every image has a signed statement.',
    against: onImages('nothing signed', one => one.signedBy !== undefined),
  },
  'attestation-required': {
    means: 'Every deployment refuses what is not attested (`require-attestation`).',
    against: withoutInput(['require-attestation']),
  },
  'health-gate': {
    means: 'Every deployment has a gate: health checks, probes or metrics.',
    against: withoutInput(['health-checks', 'probes', 'metrics']),
  },
};

function withoutInput(names: readonly string[]): Finding['against'] {
  const isGiven = (value: unknown) =>
    value !== undefined && value !== false && String(value) !== '' && !(Array.isArray(value) && value.length === 0);
  return ({ links }) =>
    links
      .filter(({ action, inputs }) => action.startsWith('deploy-') && !names.some(name => isGiven(inputs[name])))
      .map(({ title }) => title);
}

/** Whether the doctor has to look, because a release does not say it by itself. */
export const isDoctored = (name: string): boolean => !Object.hasOwn(findings, name);

/** A line of the checklist, looked at. */
export interface Looked {
  /** `signed`, or `verified in staging`. */
  readonly name: string;
  readonly means: string;
  readonly against: readonly string[];
}

/** What is required, read: names of findings and `verified-in: ENVIRONMENT`. */
export type Requirement = { readonly name: string } | { readonly verifiedIn: string };

/**
 * Reads a list `require`.
 *
 * @param problem called with what is wrong with the entry at an index
 */
export function readRequire(
  list: readonly unknown[],
  environments: readonly string[],
  problem: (index: number, why: string) => void,
): Requirement[] {
  const known = [...new Set([...Object.keys(findings), ...checks.map(({ id }) => id)])];
  const names = [...known, 'verified-in'];
  return list.flatMap((entry, index): Requirement[] => {
    if (typeof entry === 'string' && known.includes(entry)) return [{ name: entry }];
    const verifiedIn = (entry as { 'verified-in'?: unknown } | null)?.['verified-in'];
    if (typeof verifiedIn === 'string') {
      if (environments.includes(verifiedIn)) return [{ verifiedIn }];
      problem(
        index,
        `verified-in: there is no environment "${verifiedIn}"${didYouMean(verifiedIn, [...environments])}`,
      );
      return [];
    }
    const shown = typeof entry === 'string' ? entry : JSON.stringify(entry);
    problem(
      index,
      `${JSON.stringify(shown)} is no finding of the checklist${didYouMean(shown, names)}; there are ${names.join(', ')}`,
    );
    return [];
  });
}

/** Every finding, and what is required besides; an empty `against` is met. */
export function look(facts: Facts, required: readonly Requirement[]): (Looked & { required: boolean })[] {
  const all = Object.entries(findings).map(([name, { means, against }]) => ({
    name,
    means,
    against: against(facts),
    required: required.some(one => 'name' in one && one.name === name),
  }));
  const doctored = checks.filter(({ id }) => isDoctored(id) && required.some(one => 'name' in one && one.name === id));
  const places = required.flatMap(one => ('verifiedIn' in one ? [one.verifiedIn] : []));
  return [
    ...all,
    ...doctored.map(({ id, title }) => ({
      name: id,
      means: title,
      // what could not be looked at is not met
      against: facts.found
        .filter(one => one.check === id && one.state !== 'pass')
        .map(({ where, seen }) => `${where}: ${seen}`),
      required: true,
    })),
    ...places.map(place => ({
      name: `verified-in: ${place}`,
      means: `This version was verified in ${place}.`,
      against: facts.verifiedIn.includes(place) ? [] : [`no record of ${place} calls it verified`],
      required: true,
    })),
  ];
}
