/** Below the range that the kernel takes ports for outgoing connections from, and below those of the demo. */
const PORTS = { first: 15_000, last: 28_000 } as const;
/** Notes of drawn ports, one file each: tests of other processes, that run side by side, do not draw them as well. */
const NOTES = `${Deno.env.get("TMPDIR") ?? "/tmp"}/bulkhead-test-ports`;
/** After this a note says nothing more: who drew the port listens on it by now, or never will. */
const NOTE_MS = 300_000;

/**
 * A port that is free on every loopback address for UDP and TCP, for programs that must be told one, and for what listens
 * again on its port after it was away. Nobody else draws it before it is listened on.
 */
export function freePort(): number {
  return freePorts(1)[0]!;
}

/** So many free ports in a row, as ranges of ports want them. */
export function freePorts(count: number): readonly number[] {
  for (;;) {
    const first = PORTS.first + Math.floor(Math.random() * (PORTS.last - PORTS.first - count));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    if (ports.every((port) => note(port) && isFree(port))) return ports;
  }
}

/** Notes a port as drawn; false when somebody has lately. */
function note(port: number): boolean {
  Deno.mkdirSync(NOTES, { recursive: true });
  const path = `${NOTES}/${port}`;
  try {
    Deno.openSync(path, { write: true, createNew: true }).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    forgetOld(path);
    return false; // another draw may take it, if it is free again
  }
}

function forgetOld(path: string): void {
  try {
    if (Date.now() - Deno.statSync(path).mtime!.getTime() > NOTE_MS) Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // somebody else was faster
  }
}

function isFree(port: number): boolean {
  const at = { hostname: "0.0.0.0", port } as const;
  try {
    using _tcp = Deno.listen(at);
    Deno.listenDatagram({ transport: "udp", ...at }).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return false;
    throw error;
  }
}
