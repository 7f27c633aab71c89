import { deepEqual, equal, rejects } from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("turns: work of one key runs one after the other, of different keys side by side", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const gates = new Map(["a1", "a2", "b1"].map((name) => [name, Promise.withResolvers<void>()]));
  const work = (name: string) => async () => {
    order.push(`begin ${name}`);
    await gates.get(name)!.promise;
    order.push(`end ${name}`);
  };
  const all = [turns.run(["a"], work("a1")), turns.run(["a"], work("a2")), turns.run(["b"], work("b1"))];
  for (const name of ["b1", "a1", "a2"]) gates.get(name)!.resolve();
  await Promise.all(all);
  equal(order.indexOf("begin a2") > order.indexOf("end a1"), true);
  equal(order.indexOf("begin b1") < order.indexOf("end a1"), true);
  equal(turns.size, 0);
});

Deno.test("turns: work of several keys waits for all of them, and two that share keys do not wait in a ring", async () => {
  const turns = new Turns();
  const order: number[] = [];
  const work = (n: number) => () => Promise.resolve(void order.push(n));
  await Promise.all([turns.run(["a", "b"], work(1)), turns.run(["b", "a"], work(2)), turns.run(["b"], work(3))]);
  deepEqual(order, [1, 2, 3]);
});

Deno.test("turns: work that fails lets the next one begin", async () => {
  const turns = new Turns();
  const failing = turns.run(["a"], () => Promise.reject(new Error("no")));
  const next = turns.run(["a"], () => Promise.resolve("yes"));
  await rejects(failing, { message: "no" });
  equal(await next, "yes");
});
