import { expect, test } from '@jest/globals';
import { renderContainerUnit } from '../../../src/deploy-ssh-systemd/container/container-unit.ts';
import { plainOptions } from '../unit-options.ts';

const image = `ghcr.io/acme/hello@sha256:${'a'.repeat(64)}`;
const render = (changes: Partial<Parameters<typeof renderContainerUnit>[0]> = {}) =>
  renderContainerUnit({ ...plainOptions, engine: 'podman', image, variables: ['COLOR'], ...changes });

test('the whole file', () => {
  const listen = { port: 443 };
  const args = ['-x', '$HOME 100%'];
  const text = render({ listen, args, credentials: ['pin'], memoryMax: 1000, limitNofile: 2048, type: 'notify' });
  expect(text).toMatchSnapshot();
});

test('by docker: the client in the foreground, limits of docker’s own', () => {
  const given = { memoryMax: 1000, cpuQuota: 150, tasksMax: 9, limitNofile: 2048 };
  const text = render({ ...given, engine: 'docker', credentials: ['pin'] });
  expect(text).toMatchSnapshot();
  expect(text).not.toMatch(/^(MemoryMax|CPUQuota|TasksMax|LimitNOFILE)=/m);
});

test('two instances: each has its port, a name of its own, and their one user', () => {
  const text = render({ ports: [8081, 8082], args: ['--listen', ':{port}'] });
  expect(text).toMatch(/ --name=slipway-%N .* --listen ":\$\{PORT\}"$/m);
  expect(text).toMatch(/environment\nEnvironmentFile=\/opt\/slipway\/hello\/current\/port-blue\n/);
  expect(text).toContain('\nDynamicUser=yes\nUser=hello\n');
});

test('no capability but for a port that needs one', () => {
  expect(render({ listen: { port: 8080 } })).not.toContain('--cap-add');
});

test('as a user of the host; limits may be overridden', () => {
  const text = render({ runAs: 'app', tasksMax: 5, overrides: [{ name: 'TasksMax', value: '7' }] });
  expect(text).toContain('\nUser=app\n');
  expect(text).not.toContain('DynamicUser');
  expect(text).toContain('\nTasksMax=7\n');
  expect(text).not.toContain('TasksMax=5');
});
