import { deepEqual } from "node:assert/strict";
import { WorkerLinks } from "./worker_links.ts";
import type { ToWorker } from "./worker_protocol.ts";
import type { WorkerUnit } from "./worker_unit.ts";

/** A unit that notes what it is told of others: "+name" with a port, "-name" without. */
class FakeUnit {
  readonly told: string[] = [];
  readonly spec: { readonly name: string; readonly peers: readonly string[] };

  constructor(readonly name: string, peers: readonly string[] = [], public state: WorkerUnit["state"] = "ready") {
    this.spec = { name: name.split("~")[0]!, peers };
  }

  post(message: ToWorker): void {
    if (message.kind !== "peer") return;
    this.told.push(`${message.port ? "+" : "-"}${message.name}`);
    message.port?.close();
  }

  get unit(): WorkerUnit {
    return this as unknown as WorkerUnit;
  }
}

Deno.test("worker links: who names another is connected with it once both are ready, and nobody else", () => {
  const links = new WorkerLinks();
  const [lines, door, other] = [new FakeUnit("lines"), new FakeUnit("door", ["lines"]), new FakeUnit("ocpp-0")];
  const starting = new FakeUnit("door-2", ["lines"], "starting");
  const all = [lines, door, other, starting].map(({ unit }) => unit);
  links.join(door.unit, all);
  links.join(lines.unit, all);
  deepEqual([lines.told, door.told, other.told, starting.told], [["+door"], ["+lines"], [], []]);
  starting.state = "ready";
  links.join(starting.unit, all);
  deepEqual([lines.told, starting.told], [["+door", "+door-2"], ["+lines"]]);
});

Deno.test("worker links: a successor is connected beside the one that drains, whose end is told by its own name", () => {
  const links = new WorkerLinks();
  const [old, door, next] = [new FakeUnit("lines"), new FakeUnit("door", ["lines"]), new FakeUnit("lines~2")];
  links.join(door.unit, [old.unit, door.unit]);
  links.join(next.unit, [old.unit, door.unit, next.unit]);
  old.state = "gone";
  links.leave(old.unit);
  deepEqual([door.told, old.told, next.told], [["+lines", "+lines~2", "-lines"], ["+door"], ["+door"]]);
});

Deno.test("worker links: one that ends was connected with nobody afterwards, and comes back as new", () => {
  const links = new WorkerLinks();
  const [lines, door] = [new FakeUnit("lines"), new FakeUnit("door", ["lines"])];
  links.join(door.unit, [lines.unit, door.unit]);
  door.state = "gone";
  links.leave(door.unit);
  links.leave(door.unit);
  const again = new FakeUnit("door", ["lines"]);
  links.join(again.unit, [lines.unit, door.unit, again.unit]);
  deepEqual([lines.told, again.told], [["+door", "-door", "+door"], ["+lines"]]);
});
