import { equal, ok } from "node:assert/strict";
import { begin, heard, until, untilTold } from "../testing/request_talk.ts";
import { transferRig } from "../testing/transfer_rig.ts";

/** Turns of the event loop: a request needs some ten from its CSMS's answer to the station's. */
const TURNS = 24;

Deno.test("update request: killed after any number of steps, nothing is lost and nothing is told or asked twice more", async () => {
  for (let turns = 0; turns < TURNS; turns++) {
    const rig = await transferRig();
    try {
      rig.connect("CP001");
      await rig.request();
      await begin(rig);
      for (let turn = 0; turn < turns; turn++) {
        if (turn % 8 === 7) rig.rig.time.advance(2_000);
        await rig.turns(1);
      }
      await rig.restart();
      await until(rig, "station");
      await untilTold(rig);
      const told = heard(rig).length;
      ok(told === 1 || told === 2, `told ${told} times after ${turns} turns`);
      ok(rig.calls.length <= 2, `asked ${rig.calls.length} times after ${turns} turns`);
      equal(rig.feature.transfers.all().filter(({ state }) => state === "open").length, 1, `after ${turns} turns`);
      await rig.restart();
      await rig.look();
      equal(heard(rig).length, told, "what is on record as told is not told again");
    } finally {
      await rig.end();
    }
  }
});
