/** How openssl s_client connects. Certificates and keys are PEM text. */
export interface SClientOptions {
  readonly port: number;
  /** Address on loopback that it connects from. */
  readonly from?: string;
  /** Name for SNI, default localhost; null sends none. */
  readonly servername?: string | null;
  readonly version?: "tls1" | "tls1_1" | "tls1_2" | "tls1_3";
  readonly certPem?: string;
  /** CA certificates sent along. */
  readonly chainPem?: string;
  readonly keyPem?: string;
  /** CA that the server is checked against; absent: not checked. */
  readonly caPem?: string;
  /** File for the session to be saved in, or to resume from. */
  readonly sessionOut?: string;
  readonly sessionIn?: string;
  /** Text sent after the handshake. */
  readonly input?: string;
  /** More s_client arguments. */
  readonly more?: readonly string[];
}

/** What s_client printed, both streams, and its exit code. */
export interface SClientResult {
  readonly code: number;
  readonly output: string;
}

/** Runs openssl s_client until the server closes the connection, at most 60 s. */
export async function runSClient(options: SClientOptions): Promise<SClientResult> {
  const directory = await Deno.makeTempDir();
  try {
    const file = async (name: string, text: string | undefined): Promise<string[]> => {
      if (text === undefined) return [];
      const path = `${directory}/${name}.pem`;
      await Deno.writeTextFile(path, text, { mode: 0o600 });
      return [`-${name}`, path];
    };
    const args = [
      ...["s_client", "-connect", `127.0.0.1:${options.port}`, "-ign_eof"],
      ...(options.from === undefined ? [] : ["-bind", `${options.from}:0`]),
      ...(options.servername === null ? ["-noservername"] : ["-servername", options.servername ?? "localhost"]),
      ...(options.version ? [`-${options.version}`] : []),
      ...(options.version === "tls1" || options.version === "tls1_1" ? ["-cipher", "ALL:@SECLEVEL=0"] : []),
      ...await file("cert", options.certPem),
      ...await file("cert_chain", options.chainPem),
      ...await file("key", options.keyPem),
      ...await file("CAfile", options.caPem),
      ...(options.caPem === undefined ? [] : ["-verify_return_error"]),
      ...(options.sessionOut ? ["-sess_out", options.sessionOut] : []),
      ...(options.sessionIn ? ["-sess_in", options.sessionIn] : []),
      ...(options.more ?? []),
    ];
    const child = new Deno.Command("timeout", {
      args: ["60", "openssl", ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    if (options.input) await writer.write(new TextEncoder().encode(options.input)).catch(() => "it ended before");
    await writer.close().catch(() => "it ended before");
    const { code, stdout, stderr } = await child.output();
    return { code, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}
