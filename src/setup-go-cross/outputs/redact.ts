import { relative, sep } from 'node:path';

/** What a public statement must not show. */
export interface Hidden {
  /** Texts that are secret, and are replaced by `***`. */
  readonly secrets: readonly string[];
  /** Folder of this machine → what stands for it. */
  readonly folders: Readonly<Record<string, string>>;
}

const secretName = /(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PRIVATE_?KEY|API_?KEY)$/i;

/** Values of variables that are called a secret; what is under six characters would blot out half the text. */
export function secretsOf(env: NodeJS.ProcessEnv): string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    secretName.test(name) && value !== undefined && value.trim().length >= 6 ? [value.trim()] : [],
  );
}

/** The text without secrets, and with words in the place of this machine's folders. */
export function redact(text: string, { secrets, folders }: Hidden): string {
  const longest = (a: string, b: string) => b.length - a.length;
  const open = secrets.toSorted(longest).reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
  return Object.keys(folders)
    .filter(folder => folder.length > 1)
    .sort(longest)
    .reduce((rest, folder) => rest.replaceAll(folder, folders[folder]!), open);
}

/** A file as everybody sees it who has the folder: with slashes. */
export const portable = (folder: string, path: string) => relative(folder, path).split(sep).join('/');
