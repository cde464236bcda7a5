import { documents } from '../../core/generated/merge.ts';
import { parseQuantity } from '../../core/kubernetes/quantity.ts';
import type { Given } from './render.ts';
import type { Settings } from './settings.ts';

interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly resources?: { readonly limits?: { readonly memory?: string | number } };
}

/**
 * What the Deployment that is there says: without a new image its own stays, and GOMEMLIMIT follows the memory limit that
 * the user wrote in place of the generated one.
 */
export function given(
  settings: Settings,
  image: string | undefined,
  base: string | undefined,
  mine: string | undefined,
): Given {
  const was = containerIn(base, settings.name);
  const is = containerIn(mine, settings.name);
  const [before, now] = [was, is].map(one => one?.resources?.limits?.memory);
  const own = now === undefined || now === before ? undefined : String(now);
  if (own !== undefined) parseQuantity(own);
  return { image: image ?? was?.image, memoryLimit: own ?? settings.memory.limit };
}

function containerIn(text: string | undefined, name: string): Container | undefined {
  if (text === undefined) return undefined;
  const document = documents(text, 'deployment.yaml').find(one => one.get('kind') === 'Deployment');
  const containers = document?.toJS()?.spec?.template?.spec?.containers as readonly (Container | null)[] | undefined;
  return containers?.find?.(one => one?.name === name) ?? undefined;
}
