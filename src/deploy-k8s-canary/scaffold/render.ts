import { deploymentFile } from './deployment.ts';
import { entranceFiles, serviceFile } from './entrance.ts';
import { networkPolicyFile } from './network-policy.ts';
import { budgetFile, scalerFile } from './scaling.ts';
import type { Settings } from './settings.ts';
import { head, labels } from './text.ts';

/** What manifests need to know beside the settings. */
export interface Given {
  /** A release puts its digest in place of it. */
  readonly image: string | undefined;
  /** The limit that GOMEMLIMIT follows: where the user has changed it, the user's. */
  readonly memoryLimit: string;
}

/** Pure: file name → text. Each line says what it is for, behind it or above it. */
export function renderManifests(settings: Settings, given: Given): Record<string, string> {
  return {
    'serviceaccount.yaml': accountFile(settings),
    'deployment.yaml': deploymentFile(settings, given),
    'service.yaml': serviceFile(settings),
    ...entranceFiles(settings),
    ...scalerFile(settings),
    'poddisruptionbudget.yaml': budgetFile(settings),
    'networkpolicy.yaml': networkPolicyFile(settings),
  };
}

function accountFile({ name }: Settings): string {
  return `${head('v1', 'ServiceAccount', name, 'who the pods are to the API server: nobody who may do anything')}
${labels(name, 2)}
automountServiceAccountToken: false # no token in the pods: the program does not ask the API server
`;
}
