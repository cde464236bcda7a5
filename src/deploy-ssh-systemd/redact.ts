const secretName = /TOKEN|SECRET|PASS|CREDENTIAL|PRIVATE|(API|ACCESS|_)_?KEY|^KEY$|DSN|AUTH/i;

/** Text of the service's own without what must not be repeated: values of variables that sound secret, credentials in URLs. */
export function redact(text: string, environment: Readonly<Record<string, string>>): string {
  const values = Object.entries(environment)
    .filter(([name, value]) => secretName.test(name) && value.length > 3)
    .map(([, value]) => value)
    .sort((a, b) => b.length - a.length);
  const masked = values.reduce((rest, value) => rest.replaceAll(value, '***'), text);
  return masked.replaceAll(/(\w+:\/\/)[^/\s:@]+:[^/\s@]+@/g, '$1***@');
}
