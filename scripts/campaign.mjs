// npm run campaign [-- PATTERN | JEST ARGUMENTS]: every test in its long form: each fault at each step, each variant, and races
// many times over; for hours. `npm test` has a short form: what each part promises, and a case or two of each kind.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from './root.mjs';

const given = process.argv.slice(2);
const patterns = given[0]?.startsWith('-') ? given : given.flatMap(pattern => ['--testPathPatterns', pattern]);
const argv = [join(root, 'scripts/test.mjs'), ...(given.length === 0 ? [] : ['integration', 'e2e']), ...patterns];
const env = { ...process.env, SLIPWAY_CAMPAIGN: '1' };
spawn(process.execPath, argv, { stdio: 'inherit', env }).once('close', code => (process.exitCode = code ?? 1));
