const MIB = 1_048_576;

/** Where a gateway's resident memory is, in MiB: of its own, files, shared (a small disk in memory counts there), and each Worker's heap. */
export async function memoryParts(pid: number, metricsPort: number): Promise<string> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  const part = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / 1_024);
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const heaps = [...text.matchAll(/^bulkhead_worker_heap_bytes\{worker="([^"]+)"\} (\S+)$/gm)].map((
    [, worker, bytes],
  ) => `${worker} ${(Number(bytes) / MIB).toFixed(1)}`);
  return `own ${part("RssAnon")}, files ${part("RssFile")}, shared ${part("RssShmem")} MiB; heaps ${
    heaps.join(", ")
  } MiB`;
}
