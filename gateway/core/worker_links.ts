import type { WorkerUnit } from "./worker_unit.ts";

/**
 * Direct ways between Workers that name each other (`WorkerSpec.peers`): what passes there is too much for control. Both
 * must be ready, so a successor that fails to start never takes the place of the one that works.
 */
export class WorkerLinks {
  readonly #linked = new Map<WorkerUnit, Set<WorkerUnit>>();

  /** A unit is ready: connects it with every ready unit that it names, or that names it. */
  join(unit: WorkerUnit, others: Iterable<WorkerUnit>): void {
    for (const other of others) {
      if (other === unit || other.state !== "ready" || !areMeant(unit, other) || this.#of(unit).has(other)) continue;
      const { port1, port2 } = new MessageChannel();
      unit.post({ kind: "peer", name: other.name, port: port1 }, [port1]);
      other.post({ kind: "peer", name: unit.name, port: port2 }, [port2]);
      this.#of(unit).add(other);
      this.#of(other).add(unit);
    }
  }

  /** A unit is gone: those it was connected with are told. */
  leave(unit: WorkerUnit): void {
    for (const other of this.#linked.get(unit) ?? []) {
      this.#linked.get(other)?.delete(unit);
      if (other.state !== "gone") other.post({ kind: "peer", name: unit.name });
    }
    this.#linked.delete(unit);
  }

  #of(unit: WorkerUnit): Set<WorkerUnit> {
    const known = this.#linked.get(unit) ?? new Set();
    this.#linked.set(unit, known);
    return known;
  }
}

function areMeant({ spec: a }: WorkerUnit, { spec: b }: WorkerUnit): boolean {
  return a.peers?.includes(b.name) === true || b.peers?.includes(a.name) === true;
}
