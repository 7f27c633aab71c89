import { Duplex } from "node:stream";

/** Two ends of a connection in memory: what one writes, the other reads. */
export function createMemoryLink(): readonly [Duplex, Duplex] {
  const ends: Duplex[] = [];
  const make = (other: number) =>
    new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        ends[other]!.push(chunk);
        done();
      },
      final(done) {
        ends[other]!.push(null);
        done();
      },
    });
  ends.push(make(1), make(0));
  return [ends[0]!, ends[1]!];
}
