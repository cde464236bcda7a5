import { short } from '../chain.ts';

/**
 * Whether a host's container runs the deployed image. Pure.
 *
 * @param images the names with digests by which the host has its image, between blanks; empty when there is no container
 * @param deployed `repository@sha256:…`
 */
export function judgeImage(images: string, deployed: string): { readonly asBuilt: boolean; readonly runs: string } {
  const wanted = digestOf(deployed);
  const digests = images.split(' ').filter(Boolean).map(digestOf);
  if (digests.includes(wanted)) return { asBuilt: true, runs: `the image ${short(wanted)}` };
  const runs = digests.length === 0 ? 'no container of the service' : `the image ${digests.map(short).join(', ')}`;
  return { asBuilt: false, runs: `${runs}, instead of ${short(wanted)}` };
}

function digestOf(reference: string): string {
  return reference.split('@').at(-1)!;
}
