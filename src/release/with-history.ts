import type { ConfigFile } from '../core/config-file.ts';
import type { Records } from '../core/records/records.ts';
import { parseSpec } from '../core/records/spec.ts';
import type { Link } from './chain.ts';
import type { Request } from './request.ts';

/** A deployment with `strategy: auto` is told where the records are, unless it says so itself. Pure. */
export function withHistory(
  link: Link,
  file: ConfigFile,
  request: Pick<Request, 'strategy' | 'records'>,
  records: Pick<Records, 'place'> | undefined,
): Link {
  const spec = request.records ?? file.records;
  if (spec === undefined || records === undefined) return link;
  const name = link.config.split('#')[1];
  const entry = file.deploy?.find(one => one.kind === link.action && one.name === name);
  if (entry === undefined || (request.strategy ?? entry['strategy']) !== 'auto' || entry['history'] !== undefined)
    return link;
  const { kind, value } = parseSpec(spec, file.at(['records']));
  // the repository of the image, which the deployment does not know
  const named = value ?? (kind === 'oci' ? records.place.replace(/^oci:\/\//, '') : undefined);
  const history = named === undefined ? kind : JSON.stringify({ [kind]: named });
  return { ...link, inputs: { ...link.inputs, history } };
}
