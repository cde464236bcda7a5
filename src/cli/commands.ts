import type { Mode } from '../release/modes.ts';
import type { Command } from './call.ts';
import type { Option } from './options.ts';

const config: Option = { name: 'config', value: 'FILE', help: 'Path of slipway.yml. Default: slipway.yml.' };
const environment: Option = {
  name: 'environment',
  short: 'e',
  value: 'NAME',
  help: 'One of the environments of slipway.yml.',
};
const deployment: Option = { name: 'deployment', value: 'NAME', help: 'Only the deployment of this name.' };
const records: Option = {
  name: 'records',
  value: 'PLACE',
  help: 'Where releases are kept, instead of what slipway.yml says.',
};
const release: Option = {
  name: 'release',
  value: 'PATH',
  many: true,
  help: 'Release record that is meant, instead of a kept version.',
};
const strategy: Option = {
  name: 'strategy',
  value: 'NAME',
  help: 'Strategy of the deployments, instead of their own.',
};
const override: Option = {
  name: 'override-freeze',
  value: 'REASON',
  help: 'Deploy in a freeze window all the same; the reason is written into the record.',
};
const yes: Option = { name: 'yes', short: 'y', help: 'Do not ask before something is changed.' };
const version = (help: string): Option => ({ name: 'version', value: 'VERSION', help });

/** Options that every command has. */
export const commonOptions: readonly Option[] = [
  { name: 'directory', short: 'C', value: 'PATH', help: 'Work in this folder. Default: the current one.' },
  { name: 'json', help: 'One JSON document on standard output; everything else goes to standard error.' },
  { name: 'verbose', help: 'Also show what is only for finding faults.' },
  { name: 'help', short: 'h', help: 'Show this help.' },
];

const chain = (mode: Mode, summary: string, options: readonly Option[], examples: Command['examples']): Command => ({
  name: mode,
  summary,
  options: [config, environment, ...options],
  examples,
  run: async call => (await import('./chain.ts')).runChain(mode, call),
});

const init: Command = {
  name: 'init',
  summary: 'write slipway.yml from what the repository says',
  options: [
    config,
    { name: 'program', value: 'NAME', help: 'Which one, where the module has several.' },
    { name: 'host', value: 'USER@HOST', many: true, help: 'A host to deploy to; may be given several times.' },
    { name: 'image', value: 'NAME', help: 'Where the image is pushed: ghcr.io/acme/hello.' },
    { name: 'url', value: 'URL', help: 'Where users open the service.' },
    { name: 'kubernetes', help: 'Deploy to Kubernetes, also where no manifest or a host is there.' },
    { name: 'namespace', value: 'NAME', help: 'Namespace in the cluster.' },
    { name: 'workflow', help: 'Also write .github/workflows/release.yml.' },
    { name: 'force', help: 'Write a file that is there anew; the old one is kept beside it.' },
    { name: 'yes', short: 'y', help: 'Ask nothing.' },
  ],
  examples: [
    ['slipway init', 'looks, asks what it cannot find, writes slipway.yml'],
    ['slipway init --host deploy@web1.example.com', 'a service on a Linux host'],
    ['slipway init --kubernetes --image ghcr.io/acme/hello --workflow', 'on Kubernetes, from GitHub Actions'],
  ],
  run: async call => (await import('./init/command.ts')).init(call),
};

const scaffold: Command = {
  name: 'scaffold',
  summary: 'write Kubernetes manifests for a service that has none',
  options: [
    config,
    environment,
    deployment,
    { name: 'name', value: 'NAME', help: 'What the service is called.' },
    { name: 'image', value: 'IMAGE', help: 'Image of the first deployment; a release puts its own in place of it.' },
    { name: 'port', value: 'NUMBER', help: 'Where the program listens. Default: 8080.' },
    {
      name: 'expose',
      value: 'KIND',
      help: 'cluster-ip, node-port, load-balancer, ingress or route. Default: cluster-ip.',
    },
    { name: 'host', value: 'NAME', help: 'What users open; of ingress and route.' },
    { name: 'gateway', value: 'NAME', help: 'The Gateway, or NAMESPACE/NAME; of route.' },
    { name: 'ingress-class', value: 'NAME', help: 'The controller; of ingress. Default: the cluster’s.' },
    { name: 'node-port', value: 'NUMBER', help: 'The port; of node-port. Default: the cluster chooses.' },
    { name: 'health', value: 'PATH', help: 'What says that it lives: /healthz. Default: its port is connected to.' },
    { name: 'ready', value: 'PATH', help: 'What says that it can serve: /readyz. Default: as health.' },
    { name: 'metrics', value: 'PATH', help: '/metrics, or :9090/metrics at a port of its own.' },
    { name: 'replicas', value: 'RANGE', help: 'How many pods: 2-6 by an autoscaler, or a fixed number. Default: 2-6.' },
    { name: 'cpu', value: 'RANGE', help: 'Request and limit. Default: 100m-1.' },
    { name: 'memory', value: 'RANGE', help: 'Request and limit. Default: 64Mi-128Mi.' },
    { name: 'allow-from', value: 'PLACE', many: true, help: 'A namespace or network that may come.' },
    { name: 'allow-to', value: 'PLACE', many: true, help: 'A namespace or network that it may reach.' },
    { name: 'output', short: 'o', value: 'PATH', help: 'Where they are written. Default: deploy.' },
  ],
  examples: [
    ['slipway scaffold --name hello --health /healthz', 'reached inside the cluster'],
    ['slipway scaffold --name hello --expose route --host hello.example.com --gateway web', 'by a Gateway'],
    ['slipway scaffold', 'again, from slipway.yml: your changes stay'],
  ],
  run: async call => (await import('./scaffold.ts')).scaffold(call),
};

const doctor: Command = {
  name: 'doctor',
  summary: 'the production checklist: what is not as it should be, why it matters, what to do',
  options: [
    config,
    environment,
    deployment,
    records,
    { name: 'strict', help: 'End with 1 for anything that is not met or not known, required or not.' },
  ],
  examples: [
    ['slipway doctor -e production', 'exit code 1 where something that production requires is not met'],
    ['slipway doctor --strict --json', 'every finding, for a script'],
  ],
  run: async call => (await import('./doctor.ts')).doctor(call),
};

const observe: Command = {
  name: 'observe',
  summary: 'write alerts, their routes, a dashboard and log shipping for the service',
  options: [
    config,
    environment,
    { name: 'output', short: 'o', value: 'DIR', help: 'Where they are written. Default: observe.' },
  ],
  examples: [
    ['slipway observe', 'from the section observe of slipway.yml'],
    ['slipway observe -e production -o observe/production', 'again, for one environment: your changes stay'],
  ],
  run: async call => (await import('./observe.ts')).observe(call),
};

const logs: Command = {
  name: 'logs',
  summary: 'show the last lines of the service, from its hosts and pods',
  options: [
    config,
    environment,
    deployment,
    { name: 'lines', short: 'n', value: 'NUMBER', help: 'How many of each host and pod. Default: 50.' },
  ],
  examples: [
    ['slipway logs -e production', 'the last 50 lines of each host and pod'],
    ['slipway logs --deployment hosts -n 200', 'of one deployment, more of them'],
  ],
  run: async call => (await import('./logs/command.ts')).logs(call),
};

const report: Command = {
  name: 'report',
  summary: 'make the HTML report of a release, or the history of all',
  options: [
    config,
    environment,
    records,
    release,
    version('The kept version. Default: the record in slipway-out/.'),
    { name: 'history', help: 'Of all that is kept: lead time, failures, time to restore, sizes.' },
    {
      name: 'output',
      short: 'o',
      value: 'FILE',
      help: 'Where the page is written. Default: slipway-out/report.html or history.html.',
    },
  ],
  examples: [
    ['slipway report', 'of the release in slipway-out/'],
    ['slipway report --version v1.2.2 -o old.html', 'of one that is kept'],
    ['slipway report --history -e production', 'of all that was done there'],
  ],
  run: async call => (await import('./report.ts')).report(call),
};

const state: Option = {
  name: 'state',
  value: 'PATH',
  help: 'The folder that it remembers in. Default: STATE_DIRECTORY, else slipway-COMMAND.',
};

const serve: Command = {
  name: 'serve',
  summary: 'release on each signed push of GitHub, GitLab or Gitea',
  options: [
    config,
    environment,
    { name: 'listen', value: 'ADDRESS', help: ':PORT or ADDRESS:PORT. Default: :8443.' },
    state,
    { name: 'status', help: 'Show the last pushes and how they stand instead.' },
  ],
  examples: [
    ['slipway serve -e production --listen :8443', 'what it listens for stands under serve in slipway.yml'],
    ['slipway serve --status', 'what was pushed, and what became of it'],
  ],
  run: async call => (await import('./serve/command.ts')).serve(call),
};

const pull: Command = {
  name: 'pull',
  summary: 'deploy each newest release that is verified elsewhere, as soon as it is',
  options: [
    config,
    environment,
    {
      name: 'from',
      value: 'NAME',
      help: 'The environment whose verified releases count. Default: the one before in slipway.yml.',
    },
    records,
    { name: 'interval', value: 'DURATION', help: 'From one look to the next. Default: 60s.' },
    { name: 'once', help: 'Look once and end, for a scheduler of your own.' },
    state,
  ],
  examples: [
    ['slipway pull --from production -e nas --interval 60s', 'until it is ended'],
    ['slipway pull -e nas --once', 'from a scheduler'],
  ],
  run: async call => (await import('./pull/command.ts')).pull(call),
};

const of = 'The kept version. Default: the last.';

export const commands: readonly Command[] = [
  init,
  scaffold,
  doctor,
  observe,
  chain(
    'plan',
    'build, and show what a deployment would change',
    [version('Show it for this kept version, without a build.'), release, records, deployment, strategy],
    [['slipway plan -e production', 'nothing is pushed and nothing is changed']],
  ),
  chain(
    'release',
    'build, push, deploy and verify',
    [version('Version of the release. Default: the tag on HEAD.'), records, deployment, strategy, override, yes],
    [
      ['slipway release', 'the whole chain'],
      ['slipway release -e staging --version v1.2.3', 'to one environment, under this version'],
    ],
  ),
  chain(
    'build',
    'build, push and keep a release, without deploying it',
    [version('Version of the release. Default: the tag on HEAD.'), release, records],
    [
      ['slipway build', 'for slipway deploy, later and elsewhere'],
      ['slipway build --release slipway-out/release.json', 'keep what is built, with the signatures that it has now'],
    ],
  ),
  chain(
    'deploy',
    'deploy a release that is kept',
    [version(of), release, records, deployment, strategy, override, yes],
    [['slipway deploy -e production --version v1.2.3', 'that version, not built again']],
  ),
  chain(
    'rollback',
    'go back to the release before, or to any kept version',
    [version('Go back to this kept version.'), records, deployment, override, yes],
    [
      ['slipway rollback -e production', 'to the release before'],
      ['slipway rollback -e production --version v1.2.2', 'to that one'],
    ],
  ),
  chain(
    'promote',
    'deploy what the environment before calls verified',
    [
      {
        name: 'from',
        value: 'NAME',
        help: 'The environment that the version comes from. Default: the one before in slipway.yml.',
      },
      version('The version; it has to be verified there. Default: what was verified last.'),
      records,
      deployment,
      strategy,
      override,
      yes,
    ],
    [['slipway promote --from staging -e production', 'the same digest and bytes, not built again']],
  ),
  chain(
    'status',
    'say what serves',
    [deployment, records, release],
    [['slipway status -e production --json', 'for a script']],
  ),
  logs,
  chain(
    'verify',
    'prove that what runs is what was built, and healthy',
    [version(of), release, records],
    [['slipway verify -e production', 'exit code 0 only when it is verified']],
  ),
  chain(
    'audit',
    'look for drift: what runs against the last record',
    [version(of), release, records],
    [['slipway audit -e production', 'for a schedule']],
  ),
  report,
  chain(
    'pause',
    'hold an unfinished rollout on a cluster at its weight',
    [deployment],
    [['slipway pause -e production', '']],
  ),
  chain(
    'resume',
    'go on with an unfinished rollout on a cluster',
    [deployment],
    [['slipway resume -e production', '']],
  ),
  chain(
    'bootstrap',
    'install the agent on the hosts: the SSH user is root for this service only',
    [deployment, yes],
    [['slipway bootstrap -e production', 'once, by the sudo that the SSH user has until then']],
  ),
  serve,
  pull,
  chain('abort', 'send all traffic back to the old release', [deployment], [['slipway abort -e production', '']]),
];
