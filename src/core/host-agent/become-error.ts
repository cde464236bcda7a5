import { SlipwayError } from '../errors.ts';
import type { Way } from './become.ts';

const bootstrap = 'run `mode: bootstrap` once, as root or with `become-password`';

/** What sudo says, in the order in which it is looked for, what that means, and what to do. */
const sayings: readonly [RegExp, string, string][] = [
  [
    /incorrect password|try again/,
    'the password is wrong',
    'Correct `become-password`: it is the password of the user who connects.',
  ],
  [
    /must have a tty|no tty present/,
    'sudo insists on a terminal (requiretty)',
    'Add `Defaults:USER !requiretty` for this user to the host’s sudoers: visudo -f /etc/sudoers.d/USER.',
  ],
  [
    /^sudo: command not found/m,
    'there is no sudo on the host',
    'Connect as root, or give `become: none` for a service of this user’s own.',
  ],
  [
    /password is required/,
    'sudo asks for a password',
    `Give \`become-password\`; or ${bootstrap}: from then on no password is needed.`,
  ],
  [
    /not in the sudoers|not allowed|may not run/,
    'this user may not use sudo for it',
    `Let an administrator ${bootstrap}.`,
  ],
];

/** Why sudo did not start the agent, by what was said on standard error until then; undefined where that was not sudo's doing. */
export function sudoRefused(stderr: string, place: string, way: Way): SlipwayError | undefined {
  const found = sayings.find(([said]) => said.test(stderr));
  if (found === undefined && !/^sudo: /m.test(stderr)) return undefined;
  const said = stderr.trim().split('\n').slice(-3).join(' ');
  const [, why, hint] = found ?? [/./, 'sudo refused', `Look at the host’s sudoers; or ${bootstrap}.`];
  const lost = way === 'agent' ? ' The line for the agent is missing from the host’s sudoers: bootstrap again.' : '';
  return new SlipwayError('BECOME_DENIED', `${place}: ${why}: ${said}`, {
    hint: `${hint}${lost}`,
  });
}

/**
 * Whether the agent that is installed on the host is the one that was installed, and where that matters the one of this
 * version of the action.
 *
 * @param sum sha256 of the file; empty when there is none
 * @param recorded its sha256 when it was installed
 * @param wanted sha256 of this version's; undefined: any that was installed will do
 */
export function untrustedAgent(
  sum: string,
  recorded: string,
  wanted: string | undefined,
  place: string,
): SlipwayError | undefined {
  const expected = wanted ?? recorded;
  if (sum !== '' && sum === expected) return undefined;
  const again = 'run `mode: bootstrap` with this version of the action';
  if (sum === '')
    return new SlipwayError('AGENT_MISSING', `${place}: no agent is installed (/usr/local/lib/slipway/agent)`, {
      hint: `To install it, ${again}, once, as root or with \`become-password\`.`,
    });
  const found = `sha256 ${sum.slice(0, 12)}…, expected ${expected.slice(0, 12)}…`;
  if (sum === recorded)
    return new SlipwayError(
      'AGENT_OUTDATED',
      `${place}: the agent there is of another version of the action (${found})`,
      {
        hint: `To replace it, ${again}.`,
      },
    );
  return new SlipwayError('AGENT_CHANGED', `${place}: the agent there was changed after it was installed (${found})`, {
    hint: `Find out who changed /usr/local/lib/slipway/agent; then ${again}.`,
  });
}
