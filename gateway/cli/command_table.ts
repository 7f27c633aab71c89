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
    name: "check",
    where: "local",
    summary: "Validates configuration, rules, certificates, permissions and hal; exit code 0 or 1",
    example: "check --config site.yaml",
  },
  { name: "version", where: "local", summary: "Prints the version of the gateway and of Deno", example: "version" },
];
