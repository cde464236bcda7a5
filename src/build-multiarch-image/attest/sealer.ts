import { readSigningKey } from '../../core/attestation/key.ts';
import { SlipwayError } from '../../core/errors.ts';
import { keylessSealer, keySealer, plainSealer, type Sealer } from './seal.ts';
import { endpointsFor, type SigstoreInputs } from './sigstore.ts';

export interface SealInputs extends SigstoreInputs {
  readonly sbom: readonly string[];
  readonly provenance: boolean;
  readonly sign: 'none' | 'key' | 'keyless';
  readonly 'signing-key': string | undefined;
  readonly 'signing-password': string | undefined;
  readonly push: boolean;
  readonly output: readonly { readonly kind: string }[];
}

/** How this run signs; what is wrong with a key is said before anything is built. */
export async function sealerOf(inputs: SealInputs, env: NodeJS.ProcessEnv): Promise<Sealer> {
  const { sign, 'signing-key': key, 'signing-password': password } = inputs;
  const attests = inputs.sbom.length > 0 || inputs.provenance || sign !== 'none';
  if (attests && !inputs.push && !inputs.output.some(one => one.kind === 'oci-layout'))
    throw wrong(
      '"sbom", "provenance" and "sign" are attached in a registry, and push is false',
      'Leave them out, or give output: oci-layout:PATH, which holds them, too.',
    );
  if (sign !== 'key' && key !== undefined)
    throw wrong(`"signing-key" is given, and sign is ${sign}`, 'Say sign: key, or leave out the key.');
  if (sign === 'none') return plainSealer();
  if (sign === 'key') {
    if (key === undefined)
      throw wrong('"signing-key" is missing', 'Give the content of cosign.key as a secret; sign: keyless needs none.');
    return keySealer(readSigningKey(key, password));
  }
  const endpoints = await endpointsFor(inputs, env);
  return keylessSealer(async (payload, signal) => {
    const { signKeyless } = await import('./keyless.ts');
    return signKeyless(payload, endpoints, signal);
  });
}

function wrong(what: string, hint: string): SlipwayError {
  return new SlipwayError('INPUT_INVALID', `input ${what}`, { hint });
}
