import { commonInputs, type Inputs } from './inputs.ts';

/** What an action is called, takes and gives: action.yml, the README's tables and the JSON schema are made from it. */
export interface Definition<S extends Inputs> {
  /** The folder's name under actions/ and src/. */
  readonly name: string;
  /** Shown in the marketplace and in the log. */
  readonly title: string;
  /** One sentence. */
  readonly description: string;
  readonly icon: string;
  readonly color: 'blue' | 'green' | 'orange' | 'purple' | 'yellow' | 'red' | 'gray-dark' | 'white';
  readonly inputs: S;
  /** Name → description. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Whether the bundle also is the post step. */
  readonly post?: boolean;
}

/** Adds the inputs that every action has, after the action's own. */
export function define<S extends Inputs>(definition: Definition<S>): Definition<S & typeof commonInputs> {
  return { ...definition, inputs: { ...definition.inputs, ...commonInputs } };
}
