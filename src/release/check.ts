import type { ActionName } from '../core/action-names.ts';
import { configSection } from '../core/config-section.ts';
import { SlipwayError } from '../core/errors.ts';
import { type Inputs, readInputs, variableOf } from '../core/inputs.ts';
import { disagreements, type ReadLink } from './agree.ts';
import type { Link } from './chain.ts';

/** What of an action's definition is needed to read its section. */
export type Schemas = Readonly<Record<ActionName, { readonly inputs: Inputs }>>;

/**
 * Reads the section of every link as its action will, before the first one runs: a mistake in the last section must
 * not be found after the first deployment. All problems are reported in one error.
 *
 * @param directory where the path of a secret's file begins; absolute
 */
export async function checkLinks(
  links: readonly Link[],
  schemas: Schemas,
  env: NodeJS.ProcessEnv,
  directory: string,
): Promise<ReadLink[]> {
  const problems: string[] = [];
  const read: ReadLink[] = [];
  for (const { action, title, config, inputs: own } of links) {
    const { inputs } = schemas[action];
    try {
      const section = await configSection(action, inputs, {
        ...env,
        ...variables({ config, 'working-directory': directory }),
      });
      read.push({ action, title, inputs: readInputs(inputs, variables(own), section?.texts, section?.at) });
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error;
      problems.push(`${title}: ${error.message}`);
    }
  }
  problems.push(...disagreements(read));
  if (problems.length > 0) {
    throw new SlipwayError('CONFIG_INVALID', problems.join('; '), {
      hint: 'Nothing was changed. Correct slipway.yml or pass what it names, and run again.',
    });
  }
  return read;
}

function variables(inputs: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [variableOf(name), value]));
}
