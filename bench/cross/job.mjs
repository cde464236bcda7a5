import { flags } from './stage.mjs';

let runs = 0;

/** A fresh runner: nothing in its caches, the same paths each time (they are part of an archive's identity). */
export async function runnerEnv(stage, name, service) {
  const home = await stage.fresh(`runner-${name}`);
  return {
    ...stage.env({ cache: `${home}/build`, mod: `${home}/mod` }),
    ...service.env,
    GITHUB_RUN_ID: String(++runs),
  };
}

/** One job of ours: main step, and with `save` the post step, which is not in `seconds`. */
export async function oursJob(stage, target, env, { save }) {
  const inputs = { targets: target, ldflags: flags.ldflags, cache: 'true' };
  const { seconds, outputs, state } = await stage.ours(inputs, { env });
  const post = save ? await stage.ours(inputs, { env, post: state }) : undefined;
  return { seconds, restored: outputs['cache-hit'] === 'true', post: post?.log };
}
