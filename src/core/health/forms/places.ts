import { isMap } from '../../is-map.ts';
import {
  type CommandCheck,
  type ContainerCheck,
  type DnsCheck,
  dnsTypes,
  type UnitCheck,
  type WorkloadCheck,
} from '../check.ts';
import type { Form } from './form.ts';
import { count, fail, flag, numbers, oneOf, patterns, text, texts } from './readers.ts';

const restarts = count(0, 1_000_000);

export const dns: Form = {
  word: 'dns',
  example: 'dns example.com type A answers 192.0.2.1',
  keys: { type: oneOf(...dnsTypes), server: text, answers: texts, exact: flag, absent: flag },
  make: (target, given): DnsCheck => {
    const domain = text.read(target, 'dns');
    if (!/^[^\s/:]+(:[^\s/]*)?$/.test(domain) && !/^[0-9a-f:.]+$/i.test(domain)) fail(`"${domain}" is not a name`);
    const { type = 'A', answers = [], absent = false } = given;
    if (absent && answers.length > 0) fail('"absent" says that there is no answer, and "answers" names some');
    return { kind: 'dns', name: `dns ${domain} ${type}`, domain, type, answers, absent, exact: false, ...given };
  },
};

export const unit: Form = {
  word: 'unit',
  example: 'unit hello.service on deploy@host restarts 0',
  keys: { on: text, user: flag, state: text, restarts },
  make: (target, given): UnitCheck => {
    const written = text.read(target, 'unit');
    const name = /\.[a-z]+$/.test(written) ? written : `${written}.service`;
    if (!/^[A-Za-z0-9:_.@\\-]+$/.test(name) || name.startsWith('-')) fail(`"${name}" is not the name of a unit`);
    return { kind: 'unit', name: `unit ${name}${on(given['on'])}`, unit: name, user: false, state: 'active', ...given };
  },
};

const workloads: Record<string, WorkloadCheck['workload']> = {
  deploy: 'Deployment',
  deployment: 'Deployment',
  sts: 'StatefulSet',
  statefulset: 'StatefulSet',
  ds: 'DaemonSet',
  daemonset: 'DaemonSet',
};

export const workload: Form = {
  word: 'workload',
  example: 'workload deployment/hello namespace shop',
  keys: { namespace: text, context: text, endpoints: count(0, 100_000), restarts },
  make: (target, given): WorkloadCheck => {
    const written = text.read(target, 'workload');
    const [kind = '', object = '', ...rest] = written.includes('/') ? written.split('/') : ['deployment', written];
    const found = workloads[kind.toLowerCase().replace(/s?(\.apps)?$/, '')] ?? workloads[kind.toLowerCase()];
    if (found === undefined || rest.length > 0 || !/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(object)) {
      fail(`"${written}" is not deployment/NAME, statefulset/NAME or daemonset/NAME`);
    }
    const namespace = given['namespace'] === undefined ? '' : ` in ${given['namespace']}`;
    return { kind: 'workload', name: `${found}/${object}${namespace}`, workload: found, object, ...given };
  },
};

export const container: Form = {
  word: 'container',
  example: 'container hello on deploy@host restarts 0',
  keys: { on: text, runtime: oneOf('podman', 'docker'), state: text, restarts, image: text },
  make: (target, given): ContainerCheck => {
    const name = text.read(target, 'container');
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) fail(`"${name}" is not the name of a container`);
    return {
      kind: 'container',
      name: `container ${name}${on(given['on'])}`,
      container: name,
      state: 'running',
      ...given,
    };
  },
};

export const command: Form = {
  word: 'command',
  example: 'command pg_isready -h db',
  keys: { on: text, exit: numbers, contains: texts, matches: patterns, lacks: patterns },
  whole: true,
  make: (target, given): CommandCheck => {
    const argv = isMap(target) ? fail('"command" is not a list of arguments') : argumentsOf(target);
    if (argv.length === 0 || argv.some(one => one.includes('\0'))) fail('"command" is not a list of arguments');
    const name = `command ${argv.slice(0, 3).join(' ')}${argv.length > 3 ? ' …' : ''}${on(given['on'])}`;
    const defaults = { exit: [[0, 0]] as const, contains: [], matches: [], lacks: [] };
    return { kind: 'command', name, argv: argv as [string, ...string[]], ...defaults, ...given };
  },
};

/** A list as it is; a text at its blanks, where quotes hold together. No shell reads it. */
function argumentsOf(target: unknown): string[] {
  if (Array.isArray(target)) return target.map(one => String(one ?? ''));
  const words = text.read(target, 'command').matchAll(/(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+))/g);
  return [...words].map(([, double, single, plain]) => double?.replace(/\\(.)/g, '$1') ?? single ?? plain ?? '');
}

function on(host: string | undefined): string {
  return host === undefined ? '' : ` on ${host}`;
}
