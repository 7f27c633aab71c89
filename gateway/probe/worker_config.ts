/** Configuration of the Worker that looks at stations: a JSON value, computed by mod.ts. */
export interface ProbeWorkerConfig {
  /** Addresses by station: nothing else is ever dialled. */
  readonly stations: Readonly<Record<string, string>>;
}
