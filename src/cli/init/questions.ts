import type { Call } from '../call.ts';
import { ask } from '../confirm.ts';
import type { Answers } from './answers.ts';
import type { Survey } from './survey.ts';

/** Asks what neither the repository nor the command line says; an empty answer leaves a TODO. */
export async function askTheRest(found: Survey, given: Answers, { terminal, signal }: Call): Promise<Answers> {
  const kubernetes = given.kubernetes ?? found.manifests !== undefined;
  terminal.say('An empty answer leaves a TODO in the file.');
  const one = async (question: string) => (await ask(terminal.style(`${question} `, 'bold'), signal)) || undefined;
  const hosts =
    given.hosts.length > 0 || kubernetes
      ? given.hosts
      : ((await one('Hosts to deploy to, user@host, separated by blanks:')) ?? '')
          .split(/[\s,]+/)
          .filter(host => host !== '');
  const needsImage = kubernetes || found.dockerfile !== undefined;
  const image =
    given.image ??
    (needsImage && found.image === undefined ? await one('Image, such as ghcr.io/acme/hello:') : undefined);
  const url =
    given.url ??
    (found.manifests?.hostname === undefined
      ? await one('Where users open it, such as https://hello.example.com:')
      : undefined);
  return { ...given, hosts, image, url };
}
