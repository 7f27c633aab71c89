/** Below the range that the kernel takes ports for outgoing connections from, so that none of those takes it meanwhile. */
const PORTS = { first: 15_000, last: 32_000 } as const;

/**
 * A port of 127.0.0.1 that was free for UDP and TCP a moment ago, for programs that must be told one. Drawn at random: tests that
 * run side by side hardly ever draw the same.
 */
export function freePort(): number {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * (PORTS.last - PORTS.first));
    if (isFree(port)) return port;
  }
}

function isFree(port: number): boolean {
  const at = { hostname: "127.0.0.1", port } as const;
  try {
    using _tcp = Deno.listen(at);
    Deno.listenDatagram({ transport: "udp", ...at }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
