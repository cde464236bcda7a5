// Renders action.yml from an action's definition. Defaults are not written as `default:`: they are applied by the action,
// after slipway.yml, so that a value in that file is not hidden by a default that the runner passes as if a user gave it.
import { stringify } from 'yaml';

/** @param {object} definition @param {string} dist path of the bundle's folder, relative to action.yml */
export function actionYml(definition, dist) {
  const main = `${dist}/index.js`;
  const inputs = Object.fromEntries(
    Object.entries(definition.inputs).map(([name, input]) => [name, { description: describe(input), required: false }]),
  );
  const outputs = Object.fromEntries(
    Object.entries(definition.outputs).map(([name, description]) => [name, { description }]),
  );
  const data = {
    name: definition.title,
    description: definition.description,
    branding: { icon: definition.icon, color: definition.color },
    inputs,
    outputs,
    runs: { using: 'node24', main, ...(definition.post ? { post: main } : {}) },
  };
  const source = definition.name === 'slipway' ? 'src/release' : `src/${definition.name}`;
  return `# Generated from ${source}/inputs.ts by \`npm run generate\`.\n${stringify(data, { lineWidth: 0 })}`;
}

function describe(input) {
  const fallback =
    input.default === undefined || input.default === ''
      ? ''
      : ` Default: ${input.default.includes('\n') ? 'see the README' : input.default}.`;
  return `${input.description}${input.required ? ' Required.' : ''}${fallback}`;
}
