import type { Answers } from './answers.ts';
import { type Line, line, todo } from './lines.ts';
import type { Survey } from './survey.ts';

/** The section `image`: the program on the Dockerfile's base, with the files that it copies. */
export function imageLines({ image, dockerfile, port }: Survey, answers: Answers): Line[] {
  const { base, workdir, files = [], env = [], args, user } = dockerfile ?? {};
  const named = answers.image === undefined ? image : { value: answers.image, at: undefined };
  return [
    named === undefined
      ? todo('images', 'where it is pushed, such as ghcr.io/acme/hello')
      : line('images', named.value, named.at),
    ...(base === undefined || base.value === 'scratch' ? [] : [line('base', base.value, base.at)]),
    ...(user !== undefined && /^\d+(:\d+)?$/.test(user.value) ? [line('user', user.value, user.at)] : []),
    ...(workdir?.value.startsWith('/') ? [line('workdir', workdir.value, workdir.at)] : []),
    ...(files.length === 0
      ? []
      : [
          line(
            'files',
            files.map(({ value }) => value),
            files[0]!.at,
          ),
        ]),
    ...(env.length === 0 ? [] : [line('env', Object.fromEntries(env.map(({ value }) => value)), env[0]!.at)]),
    ...(args === undefined ? [] : [line('cmd', args.value, args.at)]),
    ...(port === undefined ? [] : [line('ports', [port.value], port.at)]),
  ];
}
