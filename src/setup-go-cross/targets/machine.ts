/** Machines that have the same kind of processor, and where that is written. */
export interface Machines {
  /** `synology`, `raspberry-pi`: what stands in front of the colon. */
  readonly maker: string;
  /** Behind the colon, separated by spaces; written as the maker does. */
  readonly models: string;
  /** Processor, or the maker's name of the platform. */
  readonly processor: string;
  /** `os/arch[/variant]`; undefined for a processor that Go does not build for. */
  readonly target: string | undefined;
  /** Pages that say which processor it is, and what that can run. */
  readonly sources: readonly string[];
}
