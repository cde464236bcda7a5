import type { Answer } from '../../core/host-agent/answer.ts';
import type { HostFacts } from '../facts.ts';
import type { HostSession } from '../host-session.ts';
import type { Obstacle } from '../preflight.ts';
import type { Settings } from '../settings.ts';
import { dockerCannot } from './docker.ts';
import type { Engine } from './engine.ts';
import { podmanCannot } from './podman.ts';

/** What a host says of what runs containers there. */
export interface ContainerFacts {
  /** What will run them: of the inputs, else of the release that serves, else podman, else docker. */
  readonly engine: Engine;
  /** Of the release that serves; empty where that is no container. */
  readonly serving: Engine | '';
  /** By what podman runs them: `crun`; empty where there is no podman. */
  readonly runtime: string;
  /** Version of docker's daemon; empty where it does not answer, or is not there. */
  readonly docker: string;
  /** Whether the engine has what runs a compose file. */
  readonly compose: boolean;
  /** Containers of the project, or of its containers' names, that are not of this service. */
  readonly foreign: readonly string[];
  /** Whether an installed agent does it. */
  readonly confined: boolean;
}

/** The settings with what will run the release's container, and what keeps the host from it; nothing is changed. */
export async function withEngine(
  session: HostSession,
  facts: Pick<HostFacts, 'user'>,
  settings: Settings,
): Promise<{ readonly settings: Settings; readonly found: readonly Obstacle[] }> {
  const { container, layout } = settings;
  if (container === undefined) return { settings, found: [] };
  const { compose, engine = layout === 'dsm' ? 'docker' : '' } = container;
  const project = compose === undefined ? [] : [compose.project, ...compose.containers];
  const there = readContainerFacts(await session.ask('containers', [engine, ...project]));
  const found = judgeEngine(there, facts.user !== undefined);
  if (found.length > 0) return { settings, found };
  return {
    settings: { ...settings, container: { ...container, engine: there.engine } },
    found: [
      ...(compose === undefined ? [] : judgeProject(compose.project, there)),
      ...(there.engine === 'docker' ? dockerCannot(settings) : podmanCannot(settings)),
    ],
  };
}

function readContainerFacts(answer: Answer): ContainerFacts {
  return {
    engine: answer.text('engine') as Engine,
    serving: answer.text('serving') as Engine | '',
    runtime: answer.text('runtime'),
    docker: answer.text('docker'),
    compose: answer.text('compose') === 'yes',
    foreign: answer.all('foreign'),
    confined: answer.text('confined') === 'yes',
  };
}

/** Pure. */
export function judgeEngine(
  { engine, serving, runtime, docker, confined }: ContainerFacts,
  ownServices: boolean,
): Obstacle[] {
  if (ownServices || confined)
    return [
      {
        code: 'HOST_REFUSED',
        seen: `containers are started by root, and ${confined ? 'an installed agent starts programs as their own user only' : 'this is a service of the user’s own'}`,
        hint: 'Connect as root, or give `become: sudo-shell`.',
      },
    ];
  if (serving !== '' && serving !== engine)
    return [
      {
        code: 'ENGINE_CHANGED',
        seen: `what serves is run by ${serving}, and it would be ${engine} now, which knows nothing of its containers and images`,
        hint: `Leave \`container-engine\` out, or take the service away first (\`mode: remove\`).`,
      },
    ];
  if (engine === 'docker')
    return docker !== ''
      ? []
      : [
          {
            code: 'PROGRAMS_MISSING',
            seen: 'docker is missing, or its daemon does not answer within 10 s',
            hint: 'See by `docker version` as root on the host. Install it there: apt-get install docker.io.',
          },
        ];
  if (runtime === '')
    return [
      {
        code: 'PROGRAMS_MISSING',
        seen: 'podman is missing (/usr/bin/podman), and so is docker',
        hint: 'Install one of them on the host: apt-get install podman crun.',
      },
    ];
  if (runtime !== 'crun')
    return [
      {
        code: 'PROGRAMS_MISSING',
        seen: `podman runs containers by ${runtime}, and only crun leaves them in the control group of the unit, where its limits hold`,
        hint: 'Install crun on the host.',
      },
    ];
  return [];
}

/** Pure. */
export function judgeProject(
  project: string,
  { engine, compose, foreign }: Pick<ContainerFacts, 'engine' | 'compose' | 'foreign'>,
): Obstacle[] {
  if (!compose)
    return [
      {
        code: 'PROGRAMS_MISSING',
        seen: engine === 'docker' ? 'docker has no compose' : 'podman-compose is missing (/usr/bin/podman-compose)',
        hint: `Install it on the host: apt-get install ${engine === 'docker' ? 'docker-compose-plugin, or docker-compose' : 'podman-compose'}.`,
      },
    ];
  if (foreign.length > 0)
    return [
      {
        code: 'PROJECT_FOREIGN',
        seen: `the project ${project} has containers there that are not of this service: ${foreign.join(', ')}`,
        hint: `Give the compose file another \`name\`, or take that project down (${engine === 'docker' ? 'docker compose' : 'podman-compose'} down): its volumes stay.`,
      },
    ];
  return [];
}
