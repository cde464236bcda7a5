import type { Settings } from './settings.ts';

const secretName = /TOKEN|SECRET|PASS|CREDENTIAL|PRIVATE|(API|ACCESS|_)_?KEY|^KEY$|DSN|AUTH/i;

/**
 * Text of the service's own without what must not be repeated: secrets, values of variables that sound secret, credentials
 * in URLs.
 */
export function redact(
  text: string,
  { environment, secretEnvironment, credentials }: Pick<Settings, 'environment' | 'secretEnvironment' | 'credentials'>,
): string {
  const values = [
    ...Object.entries(environment)
      .filter(([name]) => secretName.test(name))
      .map(([, value]) => value),
    ...[...Object.values(secretEnvironment), ...Object.values(credentials)].flatMap(value => [
      value,
      ...value.split('\n'),
    ]),
  ]
    .map(value => value.trim())
    .filter(value => value.length > 3)
    .sort((a, b) => b.length - a.length);
  const masked = values.reduce((rest, value) => rest.replaceAll(value, '***'), text);
  return masked.replaceAll(/(\w+:\/\/)[^/\s:@]+:[^/\s@]+@/g, '$1***@');
}
