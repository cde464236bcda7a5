/** A file that systemd has loaded a service from: its unit, its socket's, or a drop-in of these. */
export interface UnitFile {
  readonly path: string;
  /** Hex. */
  readonly sha256: string;
}

/** Lines of `sha256sum`. */
export function readUnitFiles(text: string): UnitFile[] {
  return text
    .split('\n')
    .filter(line => /^[0-9a-f]{64} [ *]\S/.test(line))
    .map(line => ({ path: line.slice(66), sha256: line.slice(0, 64) }));
}
