import { deepStrictEqual as equal } from "node:assert/strict";
import { AskedNames } from "./asked_names.ts";
import { DNS_LIMITS } from "./limits.ts";

const asked = (name: string, at = 0) => ({ name, type: "A", outcome: "cached", at });

Deno.test("dns asked names: the last question of each client, and nobody else's", () => {
  const names = new AskedNames();
  equal(names.of("10.20.0.11"), {});
  names.note("10.20.0.11", asked("a.example", 1));
  names.note("10.20.0.12", asked("b.example", 2));
  names.note("10.20.0.11", asked("c.example", 3));
  equal(names.of("10.20.0.11"), { asked: asked("c.example", 3) });
  equal(names.of("10.20.0.12"), { asked: asked("b.example", 2) });
  equal(names.of("10.20.0.1"), {});
});

Deno.test("dns asked names: as many clients as it remembers, and one more: who asked longest ago is forgotten", () => {
  const names = new AskedNames();
  for (let at = 0; at < DNS_LIMITS.askedClients; at++) names.note(`client ${at}`, asked("a.example"));
  names.note("client 0", asked("again.example"));
  equal([names.of("client 0").asked?.name, names.of("client 1").asked?.name], ["again.example", "a.example"]);
  names.note("one more", asked("b.example"));
  equal([names.of("client 0").asked?.name, names.of("client 1")], ["again.example", {}]);
});
