import { createHmac, randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';

/** What a forge says of a push. */
export interface Pushed {
  readonly ref: string;
  readonly after: string;
  readonly before?: string;
  /** Makes bodies differ that are about the same commit. */
  readonly more?: object;
}

/** A request as a forge sends it. */
export interface Sent {
  readonly headers: Record<string, string>;
  readonly body: string;
}

const zero = '0'.repeat(40);
const person = { name: 'octocat', email: 'octocat@example.com', username: 'octocat' };
const commitOf = ({ after }: Pushed) => ({
  id: after,
  message: 'Say hello',
  timestamp: '2026-01-02T03:04:05Z',
  url: `https://forge.example.com/acme/hello/commit/${after}`,
  author: person,
  committer: person,
  added: [],
  removed: [],
  modified: ['main.go'],
});

const hmac = (secret: string, body: string) => createHmac('sha256', secret).update(body).digest('hex');

/** Shape: GitHub, "Webhook events and payloads", "push", and its example of a delivery. */
export function github({ more, ...pushed }: Pushed, secret: string, event = 'push'): Sent {
  const body = JSON.stringify({
    before: zero,
    ...pushed,
    repository: {
      id: 186853002,
      node_id: 'MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=',
      name: 'hello',
      full_name: 'acme/hello',
      private: false,
      owner: { name: 'acme', login: 'acme', id: 21031067, type: 'Organization', site_admin: false },
      html_url: 'https://github.com/acme/hello',
      clone_url: 'https://github.com/acme/hello.git',
      ssh_url: 'git@github.com:acme/hello.git',
      pushed_at: 1557933657,
      default_branch: 'main',
    },
    pusher: { name: 'octocat', email: 'octocat@example.com' },
    sender: { login: 'octocat', id: 583231, type: 'User' },
    created: false,
    deleted: pushed.after === zero,
    forced: false,
    base_ref: null,
    compare: 'https://github.com/acme/hello/compare/6113728f27ae...000000000000',
    commits: [commitOf(pushed)],
    head_commit: commitOf(pushed),
    ...more,
  });
  return {
    headers: {
      accept: '*/*',
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-delivery': randomUUID(),
      'x-github-event': event,
      'x-github-hook-id': '292430182',
      'x-github-hook-installation-target-id': '79929171',
      'x-github-hook-installation-target-type': 'repository',
      'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
      'x-hub-signature-256': `sha256=${hmac(secret, body)}`,
    },
    body,
  };
}

/** Shape: GitLab, "Webhook events", "Push events"; with the secret token, or with a signing token (`whsec_…`). */
export function gitlab({ more, ...pushed }: Pushed, secret: string, event = 'Push Hook'): Sent {
  const body = JSON.stringify({
    object_kind: 'push',
    event_name: 'push',
    before: zero,
    ...pushed,
    ref_protected: true,
    checkout_sha: pushed.after,
    user_id: 4,
    user_name: 'John Smith',
    user_username: 'jsmith',
    user_email: 'john@example.com',
    project_id: 15,
    project: {
      id: 15,
      name: 'hello',
      web_url: 'https://gitlab.example.com/acme/hello',
      git_ssh_url: 'git@gitlab.example.com:acme/hello.git',
      git_http_url: 'https://gitlab.example.com/acme/hello.git',
      path_with_namespace: 'acme/hello',
      default_branch: 'main',
    },
    repository: { name: 'hello', url: 'git@gitlab.example.com:acme/hello.git', visibility_level: 0 },
    commits: [{ ...commitOf(pushed), title: 'Say hello' }],
    total_commits_count: 1,
    ...more,
  });
  const id = randomUUID();
  const signed = (now: Date) => ({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  });
  return {
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitLab/18.11.0',
      'x-gitlab-event': event,
      'x-gitlab-instance': 'https://gitlab.example.com',
      'x-gitlab-webhook-uuid': '13792a34-cac6-4fda-95a8-c58e00a3954e',
      'x-gitlab-event-uuid': randomUUID(),
      'idempotency-key': id,
      ...(secret.startsWith('whsec_') ? signed(new Date()) : { 'x-gitlab-token': secret }),
    },
    body,
  };
}

/** Shape: Gitea, "Webhooks", "Event information"; it sends the headers of Gogs and GitHub too. */
export function gitea({ more, ...pushed }: Pushed, secret: string, event = 'push'): Sent {
  const user = { id: 1, login: 'gitea', full_name: 'Gitea', email: 'someone@gitea.example', username: 'gitea' };
  const body = JSON.stringify(
    {
      before: zero,
      ...pushed,
      compare_url: 'https://gitea.example.com/acme/hello/compare/28e1879d029c...bffeb7422404',
      commits: [commitOf(pushed)],
      total_commits: 1,
      head_commit: commitOf(pushed),
      repository: {
        id: 140,
        owner: user,
        name: 'hello',
        full_name: 'acme/hello',
        html_url: 'https://gitea.example.com/acme/hello',
        ssh_url: 'ssh://gitea@gitea.example.com/acme/hello.git',
        clone_url: 'https://gitea.example.com/acme/hello.git',
        default_branch: 'main',
      },
      pusher: user,
      sender: user,
      ...more,
    },
    undefined,
    2,
  );
  const [id, signature] = [randomUUID(), hmac(secret, body)];
  return {
    headers: {
      'content-type': 'application/json',
      'x-gitea-delivery': id,
      'x-gitea-event': event,
      'x-gitea-event-type': event,
      'x-gitea-signature': signature,
      'x-gogs-delivery': id,
      'x-gogs-event': event,
      'x-gogs-event-type': event,
      'x-gogs-signature': signature,
      'x-hub-signature': `sha1=${createHmac('sha1', secret).update(body).digest('hex')}`,
      'x-hub-signature-256': `sha256=${signature}`,
      'x-github-delivery': id,
      'x-github-event': event,
      'x-github-event-type': event,
    },
    body,
  };
}
