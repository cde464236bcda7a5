import { SlipwayError } from '../../core/errors.ts';
import type { Become } from '../../core/host-agent/become.ts';
import type { AccessInputs } from '../../core/ssh/access.ts';
import { formatHost, type HostSpec } from '../../core/ssh/hosts.ts';
import type { Lines } from './command.ts';

interface Inputs extends AccessInputs {
  readonly hosts: readonly (HostSpec & { readonly roles: readonly string[]; readonly become?: Become })[];
  readonly service?: string | undefined;
  readonly become: Become;
  readonly 'become-password'?: string | undefined;
}

/** Asked of the journal by the agent, with the rights that a deployment has; all hosts at once. */
export async function hostLogs(
  given: Readonly<Record<string, unknown>>,
  count: number,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<Lines[]> {
  const inputs = given as unknown as Inputs;
  const { service } = inputs;
  if (service === undefined)
    throw new SlipwayError('CONFIG_INVALID', 'the deployment to hosts names no service', {
      hint: 'Write `service: NAME` into slipway.yml.',
    });
  const { readAccess } = await import('../../core/ssh/access.ts');
  const access = await readAccess(inputs, inputs.hosts, env);
  const hosts = inputs.hosts.filter(({ roles }) => !roles.includes('lb'));
  return Promise.all(
    hosts.map(async host => {
      const place = `${formatHost(host)} ${service}`;
      return journalOf(host, service, count, { inputs, access, signal }).then(
        lines => ({ place, lines }),
        (problem: unknown) => ({ place, lines: [], problem }),
      );
    }),
  );
}

interface Way {
  readonly inputs: Inputs;
  readonly access: Awaited<ReturnType<typeof import('../../core/ssh/access.ts').readAccess>>;
  readonly signal: AbortSignal;
}

async function journalOf(
  host: Inputs['hosts'][number],
  service: string,
  count: number,
  { inputs, access, signal }: Way,
) {
  const [{ connect }, { Agent }, { lookProgram }] = await Promise.all([
    import('../../core/ssh/connect.ts'),
    import('../../core/host-agent/agent.ts'),
    import('../../core/host-agent/look-program.ts'),
  ]);
  await using connection = await connect(host, access, { signal });
  const start = {
    program: await lookProgram(),
    become: host.become ?? inputs.become,
    password: inputs['become-password'],
    explain: (code: string, detail: string) => [`${code}: ${detail}`, 'Look at the host’s journal.'] as const,
  };
  const agent = await Agent.start(connection, start, signal);
  const answer = await agent.ask('look', [service, String(count)], { timeout: 30_000, signal });
  return answer
    .text('journal')
    .split('\n')
    .filter(line => line !== '');
}
