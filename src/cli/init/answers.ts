import type { Found } from './found.ts';

/** What a repository cannot say, as far as the user did. */
export interface Answers {
  /** `user@host:port` each; empty where none was given. */
  readonly hosts: readonly string[];
  /** Lines of known_hosts for them. */
  readonly knownHosts?: Found;
  readonly image?: string | undefined;
  /** Where users open the service. */
  readonly url?: string | undefined;
  readonly namespace?: string | undefined;
  /** Deploy to a cluster; default: when there are manifests, and no host was given. */
  readonly kubernetes?: boolean | undefined;
}
