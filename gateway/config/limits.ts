/** Limits of reading a configuration. Each has a test at the limit and one past it. */
export const CONFIG_LIMITS = {
  /** Bytes of site.yaml. */
  siteFileBytes: 4 * 1024 * 1024,
  /** Bytes of one file that site.yaml names (PEM, password, rules). */
  materialBytes: 1024 * 1024,
  /** Different files that site.yaml names. */
  materials: 25_000,
  /** Files read at the same time. */
  materialsAtOnce: 32,
  /** Copies of one YAML anchor, itself counted; more is taken for an alias bomb. */
  yamlAliases: 100,
  /** Faults of a text that is not YAML; those behind the first few only follow from them. */
  syntaxFaults: 5,
  /** Faults that are listed; the rest are counted. */
  faultsShown: 200,
  /** Characters of a faulty value that are quoted. */
  quotedChars: 60,
  /** Stations of one site. */
  stations: 10_000,
  /** Entries of any other list in site.yaml. */
  listEntries: 64,
  /** Characters of a path, URL or free text. */
  textChars: 1_024,
  /** Characters of a form file of a device. */
  formFileChars: 16_384,
  /** Pages that a form file may describe. */
  formPages: 100,
} as const;
