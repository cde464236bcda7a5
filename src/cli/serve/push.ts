import { isWanted, nameOf, type Reference, readReference, type Wanted } from './wanted.ts';

/** A push as its forge told it. */
export interface Push extends Reference {
  readonly forge: Forge;
  /** The forge's own name for this delivery. */
  readonly delivery: string;
  /** Full sha that the branch or tag has now; of an annotated tag, that of the tag itself. */
  readonly commit: string;
}

export type Forge = 'github' | 'gitlab' | 'gitea';

/** Why a request is not a push to release, and the status that says so. */
export interface Refused {
  readonly status: number;
  readonly why: string;
}

/** Headers by their names in lower case, as node:http has them. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

interface Told {
  readonly forge: Forge;
  readonly event: string;
  /** What the forge calls a push of a branch, and of a tag. */
  readonly pushes: { readonly branch: string; readonly tag: string };
  readonly deliveries: readonly string[];
}

/**
 * Sources: GitHub, "Webhook events and payloads", "Delivery headers"; GitLab, "Webhooks" and "Webhook events", "Push
 * events"; Gitea, "Webhooks". Gitea names its events for GitHub's readers too, so it is asked first.
 */
const forges: readonly Told[] = [
  { forge: 'gitea', event: 'x-gitea-event', pushes: { branch: 'push', tag: 'push' }, deliveries: ['x-gitea-delivery'] },
  {
    forge: 'gitlab',
    event: 'x-gitlab-event',
    pushes: { branch: 'Push Hook', tag: 'Tag Push Hook' },
    deliveries: ['webhook-id', 'idempotency-key', 'x-gitlab-event-uuid'],
  },
  {
    forge: 'github',
    event: 'x-github-event',
    pushes: { branch: 'push', tag: 'push' },
    deliveries: ['x-github-delivery'],
  },
];

/** Reads a request whose signature was found good. Only the name of the branch or tag and the commit are taken from it. */
export function readPush(headers: Headers, body: Buffer, wanted: Wanted): Push | Refused {
  const told = forges.find(({ event }) => headers[event] !== undefined);
  if (told === undefined) return { status: 422, why: 'it names no event of GitHub, GitLab or Gitea' };
  const event = String(headers[told.event]);
  const kind = wanted.tags === undefined ? 'branch' : 'tag';
  if (event !== told.pushes[kind])
    return { status: 200, why: `${told.forge} tells of "${event.slice(0, 40)}", not of a push of a ${kind}` };
  const delivery = told.deliveries.map(name => headers[name]).find(value => value !== undefined);
  if (typeof delivery !== 'string' || !/^[\w.:-]{1,100}$/.test(delivery))
    return { status: 422, why: `it has no id of its delivery (${told.deliveries.join(', ')})` };
  const { ref, after } = parse(body);
  if (typeof ref !== 'string' || typeof after !== 'string' || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(after))
    return { status: 422, why: 'its body is no push: JSON with "ref" and "after"' };
  const reference = readReference(ref);
  if (reference === undefined || !isWanted(reference, wanted)) {
    const those = kind === 'tag' ? 'tags' : 'branches';
    return { status: 200, why: `${JSON.stringify(ref.slice(0, 100))} is none of the ${those} that are released` };
  }
  if (/^0+$/.test(after)) return { status: 200, why: `${nameOf(reference)} was deleted` };
  return { forge: told.forge, delivery, ...reference, commit: after };
}

function parse(body: Buffer): { ref?: unknown; after?: unknown } {
  try {
    return (JSON.parse(body.toString('utf8')) as object | null) ?? {};
  } catch {
    return {};
  }
}
