/** What a program wrote and how it ended. */
export interface CommandOutcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end within `seconds`; the caller judges the exit code. */
export async function runCommand(
  command: readonly [string, ...string[]],
  options: {
    readonly cwd?: string;
    readonly env?: Record<string, string>;
    readonly stdin?: string;
    readonly seconds?: number;
  } = {},
): Promise<CommandOutcome> {
  const { seconds = 180, stdin, ...rest } = options;
  const args = ["--signal=KILL", String(seconds), ...command];
  const child = new Deno.Command("timeout", { args, ...rest, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin ?? "")).then(() => writer.close()).catch((error) => {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error; // It ended without reading.
  });
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs a program that must succeed and returns what it wrote. @throws Error with its standard error otherwise */
export async function runOk(
  command: readonly [string, ...string[]],
  options: Parameters<typeof runCommand>[1] = {},
): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, options);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stderr.trim() || stdout.trim()}`);
  return stdout;
}
