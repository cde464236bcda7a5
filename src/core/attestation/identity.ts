import { SlipwayError } from '../errors.ts';
import type { SignerInputs } from './inputs.ts';

/** Whose certificate counts. There is none that anybody can have: subject and issuer are always compared. */
export interface Identity {
  readonly subject: string | RegExp;
  /** The subject for messages. */
  readonly name: string;
  readonly issuer: string;
  /** The repository whose run signed, as a URL; Fulcio writes it into certificates of GitHub’s jobs. */
  readonly source?: string;
}

/** What a certificate says, once it is proven. */
export interface Seen {
  readonly subject: string | undefined;
  readonly issuer: string | undefined;
  readonly source: string | undefined;
}

const githubIssuer = 'https://token.actions.githubusercontent.com';
const nameOfRepository = /^(?:https:\/\/)?(?:github\.com\/)?([\w.-]+\/[\w.-]+)\/?$/;
const nameOfWorkflow =
  /^(?:https:\/\/)?(?:github\.com\/)?([\w.-]+\/[\w.-]+)\/(\.github\/workflows\/[^@\s]+\.ya?ml)(?:@(\S+))?$/;

/** Reads who must have signed. Pure. Throws INPUT_INVALID unless it names identity and issuer. */
export function readIdentity(inputs: SignerInputs): Identity {
  const { 'certificate-identity': exact, 'certificate-identity-regexp': pattern, 'signer-workflow': workflow } = inputs;
  const ways = { 'certificate-identity': exact, 'certificate-identity-regexp': pattern, 'signer-workflow': workflow };
  const [way, ...others] = Object.entries(ways).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (others.length > 0) throw wrong(`"${way}" and "${others[0]}" both say who signs`, 'Give one of them.');
  const source = repositoryOf(inputs['source-repository']);
  const signer = workflow === undefined ? undefined : workflowOf(workflow);
  const subject = exact ?? (pattern === undefined ? undefined : patternOf(pattern)) ?? signer?.subject;
  const repository = source ?? signer?.repository;
  if (subject === undefined && repository === undefined)
    throw wrong(
      '"require-attestation" is keyless, and nothing says whose identity counts',
      'Give certificate-identity (or certificate-identity-regexp) with certificate-oidc-issuer, or source-repository: OWNER/REPO.',
    );
  const issuer = inputs['certificate-oidc-issuer'] ?? (repository === undefined ? undefined : githubIssuer);
  if (issuer === undefined)
    throw wrong(
      `"${way}" is given without "certificate-oidc-issuer"`,
      `An identity is worth what its issuer is: for GitHub's jobs it is ${githubIssuer}.`,
    );
  return {
    subject: subject ?? new RegExp(`^${escaped(`${repository}/`)}`, 'i'),
    name: exact ?? (pattern && `what matches ${pattern}`) ?? workflow ?? `a workflow of ${repository}`,
    issuer,
    ...(repository === undefined ? {} : { source: repository }),
  };
}

/** Why a certificate is another's; undefined when it is the right one. Pure. */
export function otherIdentity(wanted: Identity, seen: Seen): string | undefined {
  const { subject = 'nobody', issuer = 'nobody', source } = seen;
  const fits = typeof wanted.subject === 'string' ? wanted.subject === subject : wanted.subject.test(subject);
  if (!fits) return `${subject} signed it, not ${wanted.name}`;
  if (wanted.issuer !== issuer) return `the issuer of ${subject} is ${issuer}, not ${wanted.issuer}`;
  if (wanted.source !== undefined && wanted.source.toLowerCase() !== source?.toLowerCase())
    return `${subject} signed it in a run of ${source ?? 'no repository'}, not of ${wanted.source}`;
  return undefined;
}

/** Who must have signed, for messages. */
export function describeIdentity({ name, issuer, source }: Identity): string {
  return `${name} (issuer ${issuer}${source === undefined ? '' : `, a run of ${source}`})`;
}

function repositoryOf(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const [, name] = nameOfRepository.exec(given) ?? [];
  if (name === undefined)
    throw wrong(
      `"source-repository" is "${given}", which is no OWNER/REPO of GitHub`,
      'Elsewhere give certificate-identity and certificate-oidc-issuer.',
    );
  return `https://github.com/${name}`;
}

function workflowOf(given: string): { subject: RegExp; repository: string } {
  const [, name, path, reference] = nameOfWorkflow.exec(given) ?? [];
  if (name === undefined)
    throw wrong(
      `"signer-workflow" is "${given}", which is no workflow of GitHub`,
      'Write OWNER/REPO/.github/workflows/FILE.yml, with @refs/heads/main behind it for one branch.',
    );
  const repository = `https://github.com/${name}`;
  const at = reference === undefined ? '' : `${escaped(reference)}$`;
  return { repository, subject: new RegExp(`^${escaped(repository)}/${escaped(path!)}@${at}`) };
}

/** An expression counts from the identity’s beginning, each of its branches: it would else match inside of somebody else’s. */
function patternOf(given: string): RegExp {
  const pattern = (() => {
    try {
      return new RegExp(given) && new RegExp(`^(?:${given})`);
    } catch (error) {
      return (error as Error).message;
    }
  })();
  const why = typeof pattern === 'string' ? `is none: ${pattern}` : tooWide(given, pattern);
  if (why === undefined) return pattern as RegExp;
  throw wrong(
    `"certificate-identity-regexp" ${why}: ${given}`,
    'Write whose identities count from their beginning, e.g. ^https://github\\.com/acme/hello/.',
  );
}

function tooWide(given: string, pattern: RegExp): string | undefined {
  if (anybody.some(one => pattern.test(one))) return 'matches everybody';
  return given.startsWith('^') ? undefined : 'does not begin with ^';
}

/** Who must not be let in by an expression that is too wide. */
const anybody = [
  '',
  'https://github.com/a/b/.github/workflows/c.yml@refs/heads/d',
  'a@b.example',
  'https://c.example/d',
];

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function wrong(what: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', `input ${what}`, { hint: `${hint} Nothing was changed.` });
}
