import { cacheRole, clientRole } from './roles.ts';

// The helpers start without the action: a build starts one, and fifty builds at once start fifty.
const [, , role, folder] = process.argv;
if (role === clientRole) await (await import('./cache/client.ts')).serveClient();
else if (role === cacheRole) await (await import('./cache/shared/program.ts')).runGoCache(folder!);
else {
  const [{ runAction }, { explainingDisk }, { definition }, { run }, { post }] = await Promise.all([
    import('../core/action.ts'),
    import('./disk.ts'),
    import('./inputs.ts'),
    import('./run.ts'),
    import('./post.ts'),
  ]);
  await runAction(definition, { run: context => explainingDisk(context.directory, () => run(context)), post });
}
