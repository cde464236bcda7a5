/** A push as its forge told it. */
export interface Push {
  readonly forge: Forge;
  /** The forge's own name for this delivery. */
  readonly delivery: string;
  readonly branch: string;
  /** Full sha that the branch has now. */
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
  /** What the forge calls a push of a branch. */
  readonly push: string;
  readonly deliveries: readonly string[];
}

/**
 * Sources: GitHub, "Webhook events and payloads", "Delivery headers"; GitLab, "Webhooks" and "Webhook events", "Push
 * events"; Gitea, "Webhooks". Gitea names its events for GitHub's readers too, so it is asked first.
 */
const forges: readonly Told[] = [
  { forge: 'gitea', event: 'x-gitea-event', push: 'push', deliveries: ['x-gitea-delivery'] },
  {
    forge: 'gitlab',
    event: 'x-gitlab-event',
    push: 'Push Hook',
    deliveries: ['webhook-id', 'idempotency-key', 'x-gitlab-event-uuid'],
  },
  { forge: 'github', event: 'x-github-event', push: 'push', deliveries: ['x-github-delivery'] },
];

/**
 * Reads a request whose signature was found good. Only the branch and the commit are taken from it.
 *
 * @param branches whose pushes are released
 */
export function readPush(headers: Headers, body: Buffer, branches: readonly string[]): Push | Refused {
  const told = forges.find(({ event }) => headers[event] !== undefined);
  if (told === undefined) return { status: 422, why: 'it names no event of GitHub, GitLab or Gitea' };
  const event = String(headers[told.event]);
  if (event !== told.push) return { status: 200, why: `${told.forge} tells of "${event.slice(0, 40)}", not of a push` };
  const delivery = told.deliveries.map(name => headers[name]).find(value => value !== undefined);
  if (typeof delivery !== 'string' || !/^[\w.:-]{1,100}$/.test(delivery))
    return { status: 422, why: `it has no id of its delivery (${told.deliveries.join(', ')})` };
  const { ref, after } = parse(body);
  if (typeof ref !== 'string' || typeof after !== 'string' || !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(after))
    return { status: 422, why: 'its body is no push: JSON with "ref" and "after"' };
  const branch = branches.find(name => ref === `refs/heads/${name}`);
  if (branch === undefined)
    return { status: 200, why: `${JSON.stringify(ref.slice(0, 100))} is none of the branches that are released` };
  if (/^0+$/.test(after)) return { status: 200, why: `${branch} was deleted` };
  return { forge: told.forge, delivery, branch, commit: after };
}

function parse(body: Buffer): { ref?: unknown; after?: unknown } {
  try {
    return (JSON.parse(body.toString('utf8')) as object | null) ?? {};
  } catch {
    return {};
  }
}
