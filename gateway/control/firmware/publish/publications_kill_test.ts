import { deepEqual, equal, ok } from "node:assert/strict";
import { GatewayError } from "../../../core/errors.ts";
import {
  begin,
  fetched,
  heard,
  locations,
  newest,
  publish,
  published,
  unpublish,
  until,
  UP,
} from "../testing/publish_talk.ts";
import { SHA, withTransfers } from "../testing/transfer_rig.ts";

// kill -9 at every state, and while something is told
for (const state of ["asked", "fetching", "held", "published"]) {
  Deno.test(
    `publish: the gateway is killed in "${state}" and goes on`,
    withTransfers(async (rig) => {
      if (state === "held") {
        rig.vault.records.set(SHA, { ...rig.vault.records.get(SHA)!, state: "held" });
        rig.vault.judges("held", "firmware.held");
      }
      if (state === "fetching") rig.vault.isStuck = true;
      await publish(rig);
      if (state !== "asked") {
        await begin(rig);
        await until(rig, state);
      }
      const urls = locations(rig);
      await rig.restart();
      equal(newest(rig).state, state);
      rig.vault.isStuck = false;
      rig.vault.judges("verified", "firmware.evidence");
      rig.vault.records.set(SHA, { ...rig.vault.records.get(SHA)!, state: "verified" });
      await until(rig, "published");
      await rig.restart();
      await rig.look();
      deepEqual(heard(rig), UP, "each once: every kill came after its record");
      if (state === "published") ok((await fetched(rig, urls[0]!)).grant, "the URL that it was told leads on");
      deepEqual(await unpublish(rig), {
        payload: { status: state === "published" ? "DownloadOngoing" : "Unpublished" },
      });
    }),
  );
}

Deno.test(
  "publish: killed between telling its CSMS and storing that: it is told once more, and never again",
  withTransfers(async (rig) => {
    rig.state.controller = new Promise(() => {});
    await publish(rig);
    await begin(rig);
    await rig.until("it to be told", () => rig.own.length === 1);
    await rig.restart();
    rig.state.controller = { result: {} };
    await until(rig, "published");
    await rig.restart();
    await rig.look();
    deepEqual(heard(rig), ["Downloading", ...UP]);
  }),
);

for (const noAnswer of ["away", "busy", "ended"] as const) {
  Deno.test(
    `publish: with its connection ${noAnswer}, the gateway tells its CSMS later, in order`,
    withTransfers(async (rig) => {
      rig.state.controller = { noAnswer };
      await publish(rig);
      await begin(rig);
      await rig.looking("it to be published", () => newest(rig).state === "published");
      deepEqual(heard(rig), []);
      rig.state.controller = { result: {} };
      await until(rig, "published");
      deepEqual(heard(rig), UP);
    }),
  );
}

Deno.test(
  "publish: a CSMS that does not answer, or that the gateway is unknown at by now, is told once",
  withTransfers(async (rig) => {
    rig.state.controller = { noAnswer: "timeout" };
    await published(rig);
    deepEqual(heard(rig), UP);
    rig.state.controller = Promise.reject(new GatewayError("CTL_REFUSED", "no identity"));
    rig.state.controller.catch(() => {});
    await rig.handlers()["firmware.changed"]!({ sha256: SHA, why: "changed" });
    await until(rig, "failed");
  }),
);
