import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/core/config-file.ts';
import { emptyRecord } from '../../src/core/record/begin.ts';
import type { ReleaseRecord } from '../../src/core/record/schema.ts';
import { type Facts, findings, look } from '../../src/release/checklist.ts';
import { checklistTable, refuseUnmet, requirementsOf } from '../../src/release/require.ts';

const sha = 'a'.repeat(64);
const binary = { package: 'acme/hello', target: 'linux/amd64', path: '/x', size: 1, sha256: sha };
const image = { repositories: ['r.example/hello'], digest: `sha256:${sha}`, tags: [], platforms: [], attestations: [] };
const statement = { digest: `sha256:${sha}`, subject: `sha256:${sha}`, artifactType: 'x' };
const bare: ReleaseRecord = {
  ...emptyRecord({ name: 'hello', version: 'v0.0.0-20260101000000-0123456789ab', changes: ['main.go'] }),
  binaries: [binary],
  images: [image],
};
const whole: ReleaseRecord = {
  ...emptyRecord({ name: 'hello', version: 'v1.2.3', commit: 'c'.repeat(40) }),
  tests: [{ command: 'go test ./...', result: 'passed', duration: 1 }],
  binaries: [{ ...binary, reproducible: true, sbom: '/x.json' }],
  images: [{ ...image, attestations: [{ ...statement, type: 'https://slsa.dev/provenance/v1', signedBy: 'keyless' }] }],
};
const link = (inputs: Record<string, unknown>) => ({ action: 'deploy-ssh-systemd' as const, title: 'hosts', inputs });
const facts = (record: ReleaseRecord, inputs: Record<string, unknown>): Facts => ({
  record,
  links: [link(inputs)],
  verifiedIn: [],
  found: [],
});

describe('the checklist', () => {
  test('every finding is met by a release that has it, and not by one without', () => {
    const inputs = { 'require-attestation': true, 'health-checks': ['http://127.0.0.1/ 200'] };
    for (const name of Object.keys(findings)) {
      expect([name, findings[name]!.against(facts(whole, inputs))]).toEqual([name, []]);
      const against = findings[name]!.against(facts(bare, { 'require-attestation': false, 'health-checks': [] }));
      expect([name, against.length > 0]).toEqual([name, true]);
    }
  });

  test('a test that failed is named', () => {
    const failing = {
      ...whole,
      tests: [...whole.tests!, { command: 'go vet ./...', result: 'failed' as const, duration: 1 }],
    };
    expect(findings['tested']!.against(facts(failing, {}))).toEqual(['go vet ./...']);
  });

  const file = (require: string) =>
    parseConfig(`environments:\n  staging:\n  production:\n    require:\n${require}`, 'slipway.yml', 'production');

  test.each([
    ['      - singed', 'slipway.yml:5: "singed" is no finding of the checklist (did you mean "signed"?)'],
    [
      '      - signed\n      - verified-in: stagin',
      'slipway.yml:6: verified-in: there is no environment "stagin" (did you mean "staging"?)',
    ],
    ['      - 3', 'slipway.yml:5: "3" is no finding of the checklist'],
  ])('%s is refused, with its line', (require, message) => {
    expect(() => requirementsOf(file(require))).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    );
  });

  test('what is required and not met blocks, named with what stands against it and the line that requires it', () => {
    const required = file('      - signed\n      - verified-in: staging');
    const refuse = (given: Facts) => () => refuseUnmet(required, given.record, look(given, requirementsOf(required)));
    expect(refuse(facts(bare, {}))).toThrow(
      expect.objectContaining({
        code: 'CHECKLIST_UNMET',
        message: `hello ${bare.version} may not go to production: signed (r.example/hello: nothing signed); verified-in: staging (no record of staging calls it verified)`,
        hint: expect.stringContaining('slipway.yml:4 requires it'),
      }),
    );
    expect(refuse({ ...facts(whole, {}), verifiedIn: ['staging'] })).not.toThrow();
  });

  test('the table says what is met, what is required, and what only would be good', () => {
    const table = checklistTable(look(facts(bare, {}), [{ name: 'signed' }]));
    expect(table).toContain('| ✗ required | `signed` |');
    expect(table).toContain('| – | `tested` |');
    expect(checklistTable(look(facts(whole, {}), []))).toContain('| ✓ | `reproducible` |');
  });
});
