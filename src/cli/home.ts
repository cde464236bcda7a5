/** Where Slipway is published; the release script puts the owner and the tag in. */
const home = 'OWNER/slipway';

/** Reusable workflows, as another repository calls them. */
export const workflowReference = (file: string) => `${home}/.github/workflows/${file}@v1`;

/** For editors: completion and errors in slipway.yml. */
export const schemaAddress = `https://raw.githubusercontent.com/${home}/v1/schema/slipway.schema.json`;
