/** Where control keeps things below the data folder. */
export const DATA_FILES = {
  /** The Deno KV file, in a folder of its own. */
  store: "store/kv.sqlite3",
  /** Folder of the audit segments. */
  audit: "audit",
  /** Folder in which a backup is made before it goes to its targets. */
  backup: "backup",
  /** Folder of the root key when it is a file. */
  keys: "keys",
  /** What a restore leaves for the audit chain. */
  restored: "restored.json",
  /** The control socket. */
  socket: "control.sock",
} as const;

/** The path of one of DATA_FILES. */
export function dataPath(dataDir: string, name: keyof typeof DATA_FILES): string {
  return `${dataDir}/${DATA_FILES[name]}`;
}
