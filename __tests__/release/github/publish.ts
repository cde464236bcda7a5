// A run of a workflow that publishes, as a process that can be killed: node publish.ts RECORD
import { loadRecords } from '../../../src/core/record/files.ts';
import { openGitHub } from '../../../src/release/github/index.ts';

const record = await loadRecords([process.argv[2]!], process.cwd());
using github = openGitHub(process.env, new AbortController().signal);
await github!.publishRelease('v1.2.3', record!);
