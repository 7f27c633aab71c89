/** Programs whose open files may be as many as a bench needs. */
export const FILES = 65_536;

/**
 * Starts this bench again with a limit of open files that holds its connections, where the machine allows that: every
 * station costs a relay two. Without the right to raise it, the bench goes on and says what it can hold.
 */
export async function withManyFiles(script: string): Promise<void> {
  if (
    Number(await text(["sh", "-c", "ulimit -Hn"])) >= FILES && Number(await text(["sh", "-c", "ulimit -n"])) >= FILES
  ) return;
  if (Deno.args.includes("--files-as-they-are")) return;
  const args = ["--nofile=65536:65536", Deno.execPath(), "run", "--no-prompt", "-q", "-A", script, ...Deno.args];
  const child = new Deno.Command("prlimit", { args: [...args, "--files-as-they-are"], stdin: "null" });
  const { success } = await new Deno.Command("prlimit", { args: ["--nofile=65536:65536", "true"], stderr: "null" })
    .output();
  if (success) Deno.exit((await child.spawn().status).code);
}

/** Open files that this process may have. */
export async function fileLimit(): Promise<number> {
  return Number(await text(["sh", "-c", "ulimit -n"]));
}

async function text([command, ...args]: readonly [string, ...string[]]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args: [...args], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).trim().replace("unlimited", String(FILES));
}
