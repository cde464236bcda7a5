/** A median with its range where there is one: `1.50 s (1.00–2.00)`; what is counted has no decimals. */
export function amount(median, [least, greatest], unit) {
  const digits = { s: 2, calls: 0, layers: 0, trips: 0, requests: 0, ms: 0 }[unit] ?? 1;
  const range = least === greatest ? '' : ` (${least.toFixed(digits)}–${greatest.toFixed(digits)})`;
  return `${median.toFixed(digits)} ${unit}${range}`;
}
