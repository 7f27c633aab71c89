/** One command of main.ts. Where "local" runs in the calling process, "control" in the running gateway. */
export interface CommandDeclaration {
  readonly name: string;
  readonly where: "local" | "control";
  readonly summary: string;
  /** Positional arguments in order; a name ending in "?" is optional, in "..." takes the rest. */
  readonly args?: readonly string[];
  /** Long options with one line each; "name=VALUE" takes a value. */
  readonly options?: Readonly<Record<string, string>>;
  readonly example: string;
}

/** Every command. docs/commands.md and `help` come from here. Alphabetical. Options --config, --json and --as are common to all. */
export const COMMANDS: readonly CommandDeclaration[] = [
  {
    name: "audit export",
    where: "control",
    summary: "Writes audit records as JSON lines",
    options: {
      "from=TIME": "First time, as 2026-11-21 or 2026-11-21T04:00:00Z",
      "to=TIME": "Time behind the last record",
      "class=CLASS": "Only security, access, operation, charging or chain",
      "station=ID": "Only records of or about this station",
      "after=SEQ": "Only records behind this number",
      "file=FILE": "Write to this file instead of the terminal",
    },
    example: "audit export --from 2026-11-01 --class access --file audit.jsonl",
  },
  {
    name: "audit tail",
    where: "control",
    summary: "Shows the last audit records",
    options: {
      "lines=COUNT": "How many, 20 if absent",
      "after=SEQ": "Only records behind this number",
      "follow": "Go on showing what comes until interrupted",
    },
    example: "audit tail --lines 50 --follow",
  },
  {
    name: "audit verify",
    where: "local",
    summary: "Verifies the audit chain with only its files and the public key, and names the first bad record",
    options: {
      "dir=DIR": "Folder with the segments; absent: that of the site",
      "key=FILE": "Public key; absent: audit-public.pem in the folder",
      "against=FILE": "Copy of what a syslog receiver got: finds a cut end and rewritten records",
    },
    example: "audit verify --against siem.log",
  },
  {
    name: "check",
    where: "local",
    summary: "Validates configuration, rules, certificates, permissions and hal; exit code 0 or 1",
    example: "check --config site.yaml",
  },
  { name: "version", where: "local", summary: "Prints the version of the gateway and of Deno", example: "version" },
];
