/** A program that the bench compares with or needs, and the Debian package that brings it. */
export interface Peer {
  readonly command: string;
  /** Arguments that make it say its version and end. */
  readonly args: readonly string[];
  readonly debianPackage: string;
}

/** All programs of deno task bench:ocpp. */
export const PEERS: readonly Peer[] = [
  { command: "haproxy", args: ["-v"], debianPackage: "haproxy" },
  { command: "nginx", args: ["-v"], debianPackage: "nginx-light" },
  { command: "node", args: ["--version"], debianPackage: "nodejs" },
  { command: "npm", args: ["--version"], debianPackage: "npm" },
];

/** One line for each of these that cannot be run here; none when the bench can go on. */
export async function missingPeers(peers: readonly Peer[] = PEERS): Promise<string[]> {
  const found = await Promise.all(peers.map(isRunnable));
  return peers.filter((_, i) => !found[i]).map(({ command, debianPackage }) =>
    `"${command}" is not installed: apt install ${debianPackage}`
  );
}

async function isRunnable({ command, args }: Peer): Promise<boolean> {
  try {
    const silent = { stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command, { args: [...args], ...silent }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
