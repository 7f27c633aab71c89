/** One measured run. */
export interface Row {
  readonly what: string;
  readonly relay: string;
  readonly round: number;
  readonly done: number;
  readonly seconds: number;
  readonly p50: number;
  readonly p99: number;
  /** CPU of the relay per unit of work, in microseconds. */
  readonly cpuMicros: number;
}

/** Everything that one bench gave. */
export interface Report {
  readonly rows: readonly Row[];
  /** Bytes of resident memory per idle station, by relay. */
  readonly memory: Readonly<Record<string, number>>;
  readonly idle: number;
  readonly stations: number;
  readonly asJson: boolean;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

/** Prints a table for people and, as the last line, the ratios as JSON. */
export function printReport(report: Report): void {
  const kinds = [...new Set(report.rows.map(({ what }) => what))];
  const relays = [...new Set(report.rows.map(({ relay }) => relay))];
  const lines = kinds.flatMap((what) => relays.flatMap((relay) => lineOf(report, what, relay)));
  const memory = Object.entries(report.memory).map(([relay, bytes]) =>
    `${`${report.idle} idle stations`.padEnd(22)} ${relay.padEnd(9)} ${(bytes / 1_024).toFixed(1)} KiB each`
  );
  if (!report.asJson) {
    say([`${report.stations} stations, OCPP 1.6 mix, TLS on both legs, medians of rounds`, ...lines, ...memory]);
  }
  say([JSON.stringify(summary(report, kinds, relays))]);
}

function lineOf({ rows }: Report, what: string, relay: string): string[] {
  const mine = rows.filter((row) => row.what === what && row.relay === relay);
  if (mine.length === 0) return [];
  const of = (pick: (row: Row) => number) => median(mine.map(pick));
  const rate = of(({ done, seconds }) => done / seconds).toFixed(0);
  const cpu = of(({ cpuMicros }) => cpuMicros).toFixed(1);
  const latency = `p50 ${(of(({ p50 }) => p50) / 1_000).toFixed(2)} ms, p99 ${
    (of(({ p99 }) => p99) / 1_000).toFixed(2)
  } ms`;
  return [`${what.padEnd(22)} ${relay.padEnd(9)} ${cpu.padStart(7)} us CPU each, ${rate.padStart(6)}/s, ${latency}`];
}

/** Ratios of Bulkhead, and of the floor, to each peer, pair by pair within a round, then the median. */
function summary({ rows, memory }: Report, kinds: readonly string[], relays: readonly string[]): unknown {
  const ratiosOf = (what: string, pick: (row: Row) => number, whose = "bulkhead") =>
    Object.fromEntries(
      relays.filter((relay) => relay !== whose).flatMap((relay) => {
        const pairs = rows.filter((row) => row.what === what && row.relay === relay).flatMap((theirs) => {
          const ours = rows.find((row) => row.what === what && row.relay === whose && row.round === theirs.round);
          return ours ? [pick(ours) / pick(theirs)] : [];
        });
        return pairs.length === 0 ? [] : [[relay, Number(median(pairs).toFixed(3))]];
      }),
    );
  const rate = kinds.find((kind) => kind.endsWith("/s")) ?? "";
  return {
    ratios: ratiosOf(rate, ({ cpuMicros }) => cpuMicros),
    saturated: ratiosOf("saturated", ({ cpuMicros }) => cpuMicros),
    p50: ratiosOf(rate, (row) => row.p50),
    p99: ratiosOf(rate, (row) => row.p99),
    floor: {
      ratios: ratiosOf(rate, ({ cpuMicros }) => cpuMicros, "floor"),
      saturated: ratiosOf("saturated", ({ cpuMicros }) => cpuMicros, "floor"),
    },
    handshake: ratiosOf("mutual TLS handshake", ({ cpuMicros }) => cpuMicros),
    bytesPerIdleStation: memory,
  };
}

function say(lines: readonly string[]): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${lines.join("\n")}\n`));
}
