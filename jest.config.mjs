import { leftOut } from './__tests__/platforms.mjs';

/** Unit, integration and end-to-end tests are projects, so that each can be run alone: `npm test -- unit`. */
const common = {
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  testEnvironment: 'node',
};

/** Folders of tests on real components: `npm run campaign` takes all. */
const folder = process.env.SLIPWAY_CAMPAIGN === undefined ? 'integration' : '(?:integration|campaigns)';
const named = name => `/${folder}/${name}.*\\.test\\.ts$`;

/** Files that need the one cluster take turns; so they are a project, which runs beside the others (scripts/test.mjs). */
const onCluster = ['deploy-k8s-', 'verify-health-cluster'].map(named);
/** Files that mostly wait for lab hosts: a lane of their own. */
const onHosts = ['deploy-ssh-systemd', 'ssh-', 'verify-health-host', 'example-hello', 'lab-host', 'observe-host'].map(
  named,
);
const ofImages = [named('build-multiarch-image')];

const project = (displayName, testRegex, testPathIgnorePatterns = ['/node_modules/']) => ({
  ...common,
  displayName,
  setupFilesAfterEnv: [`<rootDir>/__tests__/setup/${displayName === 'unit' ? 'unit' : 'real'}.ts`],
  testRegex,
  testPathIgnorePatterns,
});

export default {
  projects: [
    project('unit', '/__tests__/.*\\.test\\.ts$', [
      '/integration/',
      '/campaigns/',
      '/e2e/',
      ...leftOut(process.platform),
    ]),
    project('integration', `/__tests__${named('')}`, [...onHosts, ...onCluster, ...ofImages]),
    project('host', onHosts),
    project('cluster', onCluster),
    project('image', ofImages),
    project('e2e', '/__tests__/e2e/.*\\.test\\.ts$'),
  ],
};
