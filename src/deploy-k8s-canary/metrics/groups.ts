/** The stratum of a series: `eu`, or `region=eu, code=200` by several labels; '' where nothing is grouped by. */
export function groupOf(labels: Readonly<Record<string, string>>, by: readonly string[]): string {
  return by.map(label => `${label}=${labels[label] ?? ''}`).join(', ');
}
