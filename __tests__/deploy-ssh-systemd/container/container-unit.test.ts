import { expect, test } from '@jest/globals';
import { renderContainerUnit } from '../../../src/deploy-ssh-systemd/container/container-unit.ts';
import { plainOptions } from '../unit-options.ts';

const image = `ghcr.io/acme/hello@sha256:${'a'.repeat(64)}`;
const render = (changes: Partial<Parameters<typeof renderContainerUnit>[0]> = {}) =>
  renderContainerUnit({ ...plainOptions, image, variables: ['COLOR'], ...changes });

test('the whole file', () => {
  const listen = { port: 443 };
  const args = ['-x', '$HOME 100%'];
  const text = render({ listen, args, credentials: ['pin'], memoryMax: 1000, limitNofile: 2048, type: 'notify' });
  expect(text).toMatchSnapshot();
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
