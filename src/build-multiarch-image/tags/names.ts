/** What `{{…}}` may name in values, prefixes, suffixes and `enable`. */
export const contextNames = [
  'branch',
  'tag',
  'sha',
  'base_ref',
  'commit_date',
  'is_default_branch',
  'is_not_default_branch',
  'date',
] as const;

/** What `{{…}}` may name in the pattern of a version. */
export const versionNames = ['raw', 'version', 'major', 'minor', 'patch'] as const;
