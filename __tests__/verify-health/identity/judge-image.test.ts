import { describe, expect, test } from '@jest/globals';
import { chainFindings } from '../../../src/verify-health/chain.ts';
import { judgeHost } from '../../../src/verify-health/identity/judge-host.ts';
import { hash, onHost, release } from '../record.ts';

const image = `ghcr.io/acme/hello@sha256:${hash('a')}`;
const { binary: _binary, ...host } = onHost();
const deployment = { ...host, image };
const answer = (Images?: string) => ({
  LoadState: 'loaded',
  ActiveState: 'active',
  SubState: 'running',
  MainPID: '7',
  NRestarts: '0',
  Start: '100',
  Exe: '/usr/bin/conmon',
  Sha256: hash('c'),
  ...(Images === undefined ? {} : { Images }),
});

describe('a container on a host', () => {
  test.each([
    [
      'the image',
      `mirror.example/x@sha256:${hash('f')} ${image} `,
      'as-built',
      'PID 7 runs the image aaaaaaaaaaaa, as built',
    ],
    [
      'another image',
      `ghcr.io/acme/hello@sha256:${hash('f')} `,
      'other',
      'runs the image ffffffffffff, instead of aaaa',
    ],
    ['no container', undefined, 'other', 'runs no container of the service, instead of aaaa'],
  ])('%s', (_, images, state, words) => {
    const look = judgeHost(answer(images), [], deployment, []);
    expect([look.state, look.detail]).toEqual([state, expect.stringContaining(words)]);
  });

  test('its image must be one that was built', () => {
    const built = release();
    const [only] = built.images;
    const named = (digest: string) => ({
      ...built,
      deployments: [{ ...deployment, image: `ghcr.io/acme/hello@${digest}` }],
    });
    expect(chainFindings(named(only!.digest), 0)[0]!.verdict).toBe('passed');
    expect(chainFindings(named(`sha256:${hash('e')}`), 0)[0]).toMatchObject({
      verdict: 'failed',
      reason: 'not-in-record',
    });
  });
});
