import type { Part } from '../candidate.ts';
import { readEnvironment, renderEnvironment } from '../environment-file.ts';
import type { Ports } from './ports.ts';

const mark = '{port}';

/** Variables that are the same for both instances, and those that say the port. */
export function withoutPort(variables: Readonly<Record<string, string>>, ports: Ports | undefined) {
  const entries = Object.entries(variables);
  const says = ([, value]: [string, string]) => ports !== undefined && value.includes(mark);
  return {
    same: Object.fromEntries(entries.filter(one => !says(one))),
    differing: Object.fromEntries(entries.filter(says)),
  };
}

/** The environment that each instance has of its own (assets/colours.sh); empty without ports. */
export function portFiles(ports: Ports | undefined, differing: Readonly<Record<string, string>>): Part[] {
  if (ports === undefined) return [];
  return (['blue', 'green'] as const).map((colour, index) => {
    const port = String(ports[index]);
    const filled = Object.entries(differing).map(([name, value]) => [name, value.replaceAll(mark, port)]);
    const content = renderEnvironment({ PORT: port, ...Object.fromEntries(filled) });
    return { path: `port-${colour}`, mode: '600', content };
  });
}

/** The ports of a release that has these parts. */
export function portsIn(parts: readonly Part[]): Ports | undefined {
  const port = (colour: string) => {
    const content = parts.find(({ path }) => path === `port-${colour}`)?.content;
    return content === undefined ? undefined : Number(readEnvironment(content)['PORT']);
  };
  const [blue, green] = [port('blue'), port('green')];
  return blue === undefined || green === undefined ? undefined : [blue, green];
}
