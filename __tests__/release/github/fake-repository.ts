import { createHash } from 'node:crypto';
import { sample } from './description.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

type Fields = Record<string, unknown>;
type Item = Fields & { id: number };

export const bot = { ...sample('simple-user'), login: 'github-actions[bot]', type: 'Bot' };

/** What GitHub keeps of one repository, and what it does with a request. */
export class FakeRepository {
  readonly url: string;
  /** Newest last. */
  readonly deployments: (Item & { statuses: Item[] })[] = [];
  readonly commitStatuses: Fields[] = [];
  readonly comments: Item[] = [];
  readonly issues: Item[] = [];
  readonly releases: (Item & { assets: Item[] })[] = [];
  /** Name of the tag → sha of its commit; `annotated` ones have an object between. */
  readonly tags = new Map<string, { sha: string; annotated?: boolean }>();
  /** Runs that have ended or not; another one is not there. */
  readonly runs = new Map<string, Fields>();
  /** What is published cannot be changed any more. */
  immutable = false;
  #id = 0;

  constructor(url: string) {
    this.url = url;
  }

  nextId(): number {
    return ++this.#id;
  }

  /** What GitHub keeps of an upload that was cut. */
  tear(release: string, name: string): void {
    const found = this.releases.find(one => one.id === Number(release));
    found?.assets.push({ ...sample('release-asset'), name, id: this.nextId(), size: 0, state: 'open', digest: null });
  }

  answer(name: string, path: Readonly<Record<string, string>>, query: URLSearchParams, body: unknown): Answer {
    const handler = handlers[name];
    if (handler === undefined) throw new Error(`the fake knows no ${name}`);
    return handler(this, path, query, (body ?? {}) as Fields);
  }
}

type Handler = (
  at: FakeRepository,
  path: Readonly<Record<string, string>>,
  query: URLSearchParams,
  body: Fields,
) => Answer;

const answer = (status: number, body: unknown = undefined): Answer => ({ status, headers: {}, body });
const notFound = answer(404, {
  message: 'Not Found',
  documentation_url: 'https://docs.github.com/rest',
  status: '404',
});
const invalid = (resource: string, code: string, message = 'Validation Failed'): Answer =>
  answer(422, {
    message,
    documentation_url: 'https://docs.github.com/rest',
    errors: [{ resource, code, field: 'name' }],
  });
const paged = (items: unknown[], query: URLSearchParams): Answer => {
  const [size, page] = [Number(query.get('per_page') ?? 30), Number(query.get('page') ?? 1)];
  return answer(200, items.slice((page - 1) * size, page * size));
};
const now = () => new Date().toISOString();
const plain = <T extends Fields>({ statuses: _, content: __, ...kept }: T) => kept;

const handlers: Record<string, Handler> = {
  'GET …/deployments': (at, _, query) => {
    const fitting = at.deployments.filter(one => one['environment'] === query.get('environment'));
    return paged(fitting.toReversed().map(plain), query);
  },
  'POST …/deployments': (at, _, __, body) => {
    const id = at.nextId();
    const made = { created_at: now(), production_environment: body['environment'] === 'production', ...body };
    at.deployments.push({ ...sample('deployment'), ...made, sha: body['ref'], id, statuses: [] });
    return answer(201, plain(at.deployments.at(-1)!));
  },
  'GET …/deployments/{deployment_id}/statuses': (at, { deployment_id: id }, query) => {
    const found = at.deployments.find(one => one.id === Number(id));
    return found === undefined ? notFound : paged(found.statuses.toReversed(), query);
  },
  'POST …/deployments/{deployment_id}/statuses': (at, { deployment_id: id }, _, body) => {
    const found = at.deployments.find(one => one.id === Number(id));
    if (found === undefined) return notFound;
    const say = (to: typeof found, fields: Fields) =>
      to.statuses.push({ ...sample('deployment-status'), ...fields, id: at.nextId() });
    say(found, body);
    // As documented: prior, not transient, not production, and successful.
    for (const older of at.deployments) {
      const retires =
        body['state'] === 'success' &&
        body['auto_inactive'] !== false &&
        older.id < found.id &&
        older['environment'] === found['environment'] &&
        !older['transient_environment'] &&
        !older['production_environment'] &&
        older.statuses.at(-1)?.['state'] === 'success';
      if (retires) say(older, { state: 'inactive' });
    }
    return answer(201, found.statuses.at(-1));
  },
  'GET …/actions/runs/{run_id}': (at, { run_id: id }) => {
    const run = at.runs.get(id!);
    return run === undefined ? notFound : answer(200, { ...sample('workflow-run'), ...run });
  },
  'GET …/actions/workflows/{workflow_id}/runs': (at, { workflow_id: workflow }, query) => {
    const fitting = [...at.runs.values()].filter(
      run => run['path'] === `.github/workflows/${workflow}` && run['head_sha'] === query.get('head_sha'),
    );
    const runs = fitting.filter(run => run['conclusion'] === query.get('status'));
    return answer(200, {
      total_count: runs.length,
      workflow_runs: runs.map(run => ({ ...sample('workflow-run'), ...run })),
    });
  },
  'POST …/statuses/{sha}': (at, { sha }, _, body) => {
    at.commitStatuses.push({ ...body, sha });
    return answer(201, { ...sample('status'), ...body });
  },
  'GET …/issues/{issue_number}/comments': (at, { issue_number: number }, query) =>
    paged(
      at.comments.filter(one => one['issue'] === number),
      query,
    ),
  'POST …/issues/{issue_number}/comments': (at, { issue_number: number }, _, body) => {
    if (String(body['body']).length > 65_536) return invalid('IssueComment', 'custom', 'Body is too long');
    at.comments.push({
      ...sample('issue-comment'),
      user: bot,
      author_association: 'NONE',
      ...body,
      id: at.nextId(),
      issue: number,
    });
    return answer(201, at.comments.at(-1));
  },
  'PATCH …/issues/comments/{comment_id}': (at, { comment_id: id }, _, body) => {
    const found = at.comments.find(one => one.id === Number(id));
    return found === undefined ? notFound : answer(200, Object.assign(found, body));
  },
  'DELETE …/issues/comments/{comment_id}': (at, { comment_id: id }) => {
    at.comments.splice(
      at.comments.findIndex(one => one.id === Number(id)),
      1,
    );
    return answer(204);
  },
  'GET …/issues': (at, _, query) => {
    const fitting = at.issues
      .filter(one => (one['labels'] as { name: string }[]).some(({ name }) => name === query.get('labels')))
      .filter(one => query.get('state') === 'all' || one['state'] === (query.get('state') ?? 'open'));
    return paged(query.get('direction') === 'asc' ? fitting : fitting.toReversed(), query);
  },
  'POST …/issues': (at, _, __, body) => {
    const number = at.issues.length + 1;
    const labels = (body['labels'] as string[]).map(name => ({ id: 1, name }));
    at.issues.push({
      ...sample('issue'),
      user: bot,
      author_association: 'NONE',
      state: 'open',
      ...body,
      labels,
      number,
      id: at.nextId(),
    });
    return answer(201, at.issues.at(-1));
  },
  'PATCH …/issues/{issue_number}': (at, { issue_number: number }, _, body) => {
    const found = at.issues.find(one => one['number'] === Number(number));
    return found === undefined ? notFound : answer(200, Object.assign(found, body));
  },
  'GET …/git/ref/{ref}': (at, { ref }) => {
    const name = ref!.replace(/^tags\//, '');
    const tag = at.tags.get(name);
    if (tag === undefined) return notFound;
    const object = {
      type: tag.annotated ? 'tag' : 'commit',
      sha: tag.annotated ? objectOf(name) : tag.sha,
      url: at.url,
    };
    return answer(200, { ...sample('git-ref'), ref: `refs/tags/${name}`, object });
  },
  'GET …/git/tags/{tag_sha}': (at, { tag_sha: sha }) => {
    const [name, tag] = [...at.tags].find(([one]) => objectOf(one) === sha) ?? [];
    if (tag === undefined) return notFound;
    return answer(200, { ...sample('git-tag'), tag: name, object: { type: 'commit', sha: tag.sha, url: at.url } });
  },
  'GET …/releases': (at, _, query) => paged(at.releases.toReversed().map(plainRelease), query),
  'GET …/releases/tags/{tag}': (at, { tag }) => {
    const found = at.releases.find(one => one['tag_name'] === tag && !one['draft']);
    return found === undefined ? notFound : answer(200, plainRelease(found));
  },
  'POST …/releases': (at, _, __, body) => {
    const taken = !body['draft'] && at.releases.some(one => one['tag_name'] === body['tag_name'] && !one['draft']);
    if (taken) return invalid('Release', 'already_exists');
    const id = at.nextId();
    const upload = `${at.url}/api/uploads/repos/acme/hello/releases/${id}/assets{?name,label}`;
    const page = `https://github.test/acme/hello/releases/tag/${body['tag_name']}`;
    at.releases.push({
      ...sample('release'),
      ...body,
      id,
      assets: [],
      upload_url: upload,
      html_url: page,
      immutable: false,
    });
    return answer(201, plainRelease(at.releases.at(-1)!));
  },
  'PATCH …/releases/{release_id}': (at, { release_id: id }, _, body) => {
    const found = at.releases.find(one => one.id === Number(id));
    if (found === undefined) return notFound;
    Object.assign(found, body);
    if (!found['draft']) Object.assign(found, { published_at: now(), immutable: at.immutable });
    return answer(200, plainRelease(found));
  },
  'POST …/releases/generate-notes': (_, __, ___, body) =>
    answer(200, { name: body['tag_name'], body: `## What's Changed\n* faster by @gopher in #7\n` }),
  'GET …/releases/{release_id}/assets': (at, { release_id: id }, query) => {
    const found = at.releases.find(one => one.id === Number(id));
    return found === undefined ? notFound : paged(found.assets.map(plain), query);
  },
  'POST …/releases/{release_id}/assets': (at, { release_id: id }, query, body) => {
    const found = at.releases.find(one => one.id === Number(id));
    if (found === undefined) return notFound;
    if (found['immutable']) return invalid('ReleaseAsset', 'custom', 'Cannot upload assets to an immutable release.');
    const name = query.get('name');
    if (found.assets.some(one => one['name'] === name)) return invalid('ReleaseAsset', 'already_exists');
    const content = Buffer.from(body as unknown as Uint8Array);
    const digest = `sha256:${createHash('sha256').update(content).digest('hex')}`;
    const asset = {
      ...sample('release-asset'),
      name,
      id: at.nextId(),
      size: content.length,
      digest,
      state: 'uploaded',
      content,
    };
    found.assets.push(asset);
    return answer(201, plain(asset));
  },
  'DELETE …/releases/assets/{asset_id}': (at, { asset_id: id }) => {
    for (const release of at.releases) {
      if (release['immutable']) continue;
      release.assets.splice(0, release.assets.length, ...release.assets.filter(one => one.id !== Number(id)));
    }
    return answer(204);
  },
};

function plainRelease(release: Item & { assets: Item[] }): Fields {
  return { ...release, assets: release.assets.map(plain) };
}

function objectOf(tag: string): string {
  return createHash('sha1').update(tag).digest('hex');
}
