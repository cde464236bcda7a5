import type { Context } from '../core/action.ts';
import { SlipwayError } from '../core/errors.ts';
import { maskSecret } from '../core/mask.ts';
import { readAccess } from '../core/ssh/access.ts';
import { dialAhead } from '../core/ssh/dial-ahead.ts';
import { formatHost } from '../core/ssh/hosts.ts';
import { formatDuration } from '../core/units.ts';
import { whoRuns } from '../core/who-runs.ts';
import { coloursMustAgree } from './blue-green/must-agree.ts';
import { chooseStrategy } from './choose-strategy.ts';
import { projectOf } from './compose/wanted.ts';
import { containerOf } from './container/container.ts';
import { whatNoContainerHas } from './container/must-agree.ts';
import { readDropIn } from './drop-in.ts';
import { cronTime } from './dsm/cron.ts';
import { beyondDsm } from './dsm/wishes.ts';
import { firewallMustAgree } from './firewall/must-agree.ts';
import { defaultDirectory, settingsOf } from './host-settings.ts';
import type { Host } from './hosts.ts';
import type { definition } from './inputs.ts';
import { inventory } from './inventory.ts';
import { logsMustAgree } from './logs/must-agree.ts';
import { shareMustAgree, shareMustBeUsed } from './nfs/layout.ts';
import { balancedSite, mustListenThere, rotationOf } from './proxy/balanced-site.ts';
import { proxyMustAgree } from './proxy/must-agree.ts';
import { fingerprintBy } from './secrets.ts';
import { mustBeKnown, type Selector } from './selector.ts';
import type { Settings } from './settings.ts';
import { smokeMustAgree } from './smoke/must-agree.ts';
import { whatNoJobHas } from './timer/no-job.ts';
import { serviceName } from './values.ts';

/** The inputs as the hosts need them: defaults that depend on other inputs, and what must agree. */
export async function readSettings(context: Context<typeof definition.inputs>): Promise<Settings> {
  const { inputs, record, directory, signal } = context;
  const service = inputs.service ?? fromRecord(record?.record.name);
  if (inputs['pid-file']?.startsWith(`/run/${service}/`) === false) {
    throw invalid(`input "pid-file" is not below /run/${service}`, 'The service may write there only.');
  }
  const isWithout = ({ roles }: Host) => roles.some(role => 'proxy' in (inputs.roles.get(role) ?? {}));
  const site = balancedSite(inputs.hosts, inputs.proxy, inputs.listen, inputs['load-balancer'], isWithout);
  const balancer = inputs['load-balancer'] ?? (site === undefined ? undefined : rotationOf(site, service));
  const { hosts, loadBalancer } = inventory(inputs.hosts, inputs.limit, balancer, inputs.mode);
  for (const [where, selectors] of selectorsOf(inputs)) mustBeKnown(selectors, inputs.hosts, where);
  const balancers = loadBalancer !== undefined && 'hosts' in loadBalancer ? loadBalancer.hosts : [];
  // while the keys are read; through a jump host it is that one's turn
  for (const host of hosts) if ((host.jumpHosts ?? inputs['jump-hosts']).length === 0) dialAhead(host);
  const isReleased = ['plan', 'deploy', 'converge'].includes(inputs.mode);
  const { strategy, soakTime } = await chooseStrategy(context, service);
  const settings: Settings = {
    hosts,
    roles: inputs.roles,
    mode: inputs.mode,
    to: inputs.to,
    access: await readAccess(inputs, [...hosts, ...balancers]),
    connectTimeout: inputs['connect-timeout'],
    become: inputs.become,
    becomePassword: inputs['become-password'],
    agentUser: inputs['agent-user'],
    service,
    layout: inputs.layout,
    nfsRoot: inputs['nfs-root'],
    directory: inputs['service-directory'] ?? defaultDirectory(service),
    ownServices: false,
    args: inputs.args,
    environment: inputs.environment,
    secretEnvironment: masked(inputs['secret-environment']),
    credentials: masked(inputs.credentials),
    fingerprint: fingerprintBy(inputs['private-key']),
    type: inputs.type,
    runAs: inputs['run-as'],
    createUser: inputs['create-user'],
    unit: {
      restart: inputs.restart,
      after: inputs.after,
      memoryMax: inputs['memory-max'],
      cpuQuota: inputs['cpu-quota'],
      tasksMax: inputs['tasks-max'],
      limitNofile: inputs['limit-nofile'],
      watchdog: inputs.watchdog,
      logRateLimit: inputs['log-rate-limit'],
      hardening: inputs.hardening,
      overrides: inputs['unit-overrides'],
    },
    container:
      inputs.runtime === 'compose'
        ? await projectOf({ inputs, record, directory, signal }, service, isReleased)
        : containerOf(inputs, record?.record, isReleased),
    timer: inputs.timer,
    dropIn: await readDropIn(inputs['drop-in'], directory),
    files: inputs.files,
    requires: inputs.requires,
    listen: inputs.listen,
    ports: inputs.ports,
    firewall: inputs.firewall,
    filter: undefined,
    backup: inputs.backup,
    restartMethod: inputs['restart-method'],
    pidFile: inputs['pid-file'],
    way: wayOf(inputs),
    checks: inputs['health-checks'],
    minHealthyTime: inputs['min-healthy-time'],
    healthyDeadline: inputs['healthy-deadline'],
    smoke: inputs.smoke,
    lockWait: inputs['lock-wait'],
    keepReleases: inputs['keep-releases'],
    loadBalancer,
    proxy: site === undefined ? inputs.proxy : undefined,
    balancedSite: site,
    logs: inputs.logs,
    hooks: inputs.hooks,
    pace: { strategy, batch: inputs.batch, maxUnavailable: inputs['max-unavailable'] },
    onFailure: inputs['on-failure'],
    soakTime,
    by: whoRuns(process.env),
  };
  for (const host of hosts) mustAgree(host, settingsOf(host, settings));
  shareMustBeUsed(
    settings.nfsRoot,
    hosts.map(host => settingsOf(host, settings)),
  );
  if (settings.timer !== undefined) mustBeJob(settings);
  mustBeContainer(settings, inputs);
  return settings;
}

/** Where an input beside `limit` names roles. */
function selectorsOf({ roles, hooks }: Context<typeof definition.inputs>['inputs']): [string, Selector[]][] {
  return [
    ['input "roles"', [...roles.keys()].map(value => ({ by: 'role', value }))],
    ['input "hooks"', hooks.flatMap(({ where }) => where ?? [])],
  ];
}

function mustAgree(host: Host, settings: Settings): void {
  const { minHealthyTime, healthyDeadline, restartMethod, listen } = settings;
  coloursMustAgree(settings);
  proxyMustAgree(settings);
  logsMustAgree(settings);
  firewallMustAgree(settings);
  smokeMustAgree(settings);
  if (settings.balancedSite !== undefined) mustListenThere(host, settings.balancedSite, settings);
  const nas = settings.balancedSite?.on.find(one => settingsOf(one, settings).layout === 'dsm');
  if (nas !== undefined)
    throw invalid(
      `${formatHost(nas)} has the role lb and \`layout: dsm\`: a NAS has a site of its own service only`,
      'Let another host be the load balancer.',
    );
  const of = host.roles.length === 0 ? '' : ` (${formatHost(host)}, ${host.roles.join(', ')})`;
  if (minHealthyTime >= healthyDeadline) {
    throw invalid(
      `input "min-healthy-time" is ${formatDuration(minHealthyTime)}, which does not fit into "healthy-deadline" (${formatDuration(healthyDeadline)})${of}`,
      'Give a longer healthy-deadline: it includes min-healthy-time.',
    );
  }
  shareMustAgree(settings, of);
  if (restartMethod === 'socket' && listen === undefined) {
    throw invalid(
      `input "listen" is missing, and "restart-method" is socket${of}`,
      'Say on which port or address systemd is to listen.',
    );
  }
  if (settings.layout === 'dsm') for (const event of settings.timer?.calendar ?? []) cronTime(event);
  const beyond = settings.layout === 'dsm' ? beyondDsm(settings) : [];
  if (beyond.length > 0)
    throw invalid(`\`layout: dsm\`${of} has no systemd, which is needed for ${beyond.join(', ')}`, 'Leave these out.');
}

function mustBeJob(settings: Settings): void {
  const given = settings.hosts.flatMap(host => whatNoJobHas(settingsOf(host, settings)));
  if (given.length === 0) return;
  throw invalid(
    `input "timer" makes the service a job, which has no ${[...new Set(given)].join(', ')}`,
    'A job ends by itself, and nothing answers between its runs: leave these out; `run: once` in "timer" lets a run decide.',
  );
}

function mustBeContainer(settings: Settings, inputs: Context<typeof definition.inputs>['inputs']): void {
  const given = [
    ...whatNoContainerHas(settings),
    ...(['binary', 'require-attestation'] as const).filter(name => inputs[name] !== undefined),
  ];
  if (settings.container === undefined || given.length === 0) return;
  throw invalid(`"runtime" is ${inputs.runtime}, which has no ${given.join(', ')}`, 'Leave these out.');
}

/** The lines of a secret input are masked already; its values are, too, where it is JSON or a value has several lines. */
export function masked(values: Record<string, string>): Record<string, string> {
  for (const value of Object.values(values)) if (value.trim().length > 3) maskSecret(value);
  return values;
}

function fromRecord(name: string | undefined): string {
  if (name === undefined)
    throw invalid(
      'input "service" is missing, and there is no release record to take its name from',
      'Give the service a name.',
    );
  try {
    return serviceName.parse(name);
  } catch {
    throw invalid(
      `the name ${JSON.stringify(name)} in the record is no service name; allowed: ${serviceName.allowed}`,
      'Give the input "service".',
    );
  }
}

/** A signal that brings in a new binary brings in new files, too. */
function wayOf(inputs: Context<typeof definition.inputs>['inputs']): string {
  const { 'restart-method': method, 'upgrade-signal': upgrade, 'reload-signal': reload } = inputs;
  const name = (signal: string) => signal.replace('SIG', '');
  if (method === 'upgrade-signal') return `upgrade-${name(upgrade)}`;
  return reload === undefined ? 'restart' : `reload-${name(reload)}`;
}

function invalid(message: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', message, { hint: `Nothing was changed. ${hint}` });
}
