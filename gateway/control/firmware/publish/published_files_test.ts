import { deepEqual, equal, ok } from "node:assert/strict";
import { fetched, heard, published, until, updateTo } from "../testing/publish_talk.ts";
import { IMAGE, SHA, withTransfers } from "../testing/transfer_rig.ts";
import { TRANSFER_LIMITS } from "../transfers/limits.ts";

Deno.test(
  "publish: an UpdateFirmware to a published URL is judged from the vault, and the station gets a URL of its own",
  withTransfers(async (rig) => {
    const [location] = await published(rig);
    rig.connect("CP001");
    await rig.request({ payload: updateTo(location!) });
    await rig.handlers()["firmware.requested"]!({ stationId: "CP001" });
    await rig.looking("the call", () => rig.calls.length === 1);
    const { source } = rig.vault.asked.at(-1)!;
    deepEqual(source, {
      kind: "vault",
      sha256: SHA,
      claim: {
        ...{ vendor: "bender", models: ["CC613"], version: "2.0", fileName: "fw 2.0.deb" },
        ...{ signature: "c2ln", certificate: "PEM" },
      },
    }, "with the signature that the request has, which is to be compared");
    const { firmware } = rig.calls[0]!.payload as { firmware: { location: string } };
    ok(firmware.location !== location && firmware.location.startsWith("https://10.20.0.1:8446/f/"));
  }),
);

Deno.test(
  "publish: each station fetches by the one URL within a grant of its own, and goes on by it",
  withTransfers(async (rig) => {
    const [url] = await published(rig);
    const first = await fetched(rig, url!), other = await fetched(rig, url!, { source: "10.0.0.3" });
    ok(first.grant && other.grant && first.grant.id !== other.grant.id);
    deepEqual([first.grant.stationId, other.grant.stationId], ["CP001", "CP003"]);
    const again = await fetched(rig, url!);
    equal(again.grant?.id, first.grant.id);
    const budget = IMAGE.sizeBytes * (TRANSFER_LIMITS.retries + 1);
    await rig.handlers()["firmware.sent"]!({ id: first.grant.id, bytes: budget, isWhole: true });
    deepEqual(await fetched(rig, url!), {}, "its bytes are used up");
    equal(rig.audited("transfer.grant.refused").at(-1)?.rule, "firmware.grant-spent");
    equal((await fetched(rig, url!, { commonName: "CP004", source: "192.0.2.9" })).grant?.stationId, "CP004");
  }),
);

const STRANGERS: readonly (readonly [string, Record<string, string>, string])[] = [
  ["somebody at an unknown address", { source: "192.0.2.1" }, "firmware.grant-holder"],
  ["a certificate of nobody known", { commonName: "CP999" }, "firmware.grant-holder"],
  ["another protocol than the station's", { protocol: "ftp" }, "firmware.grant-protocol"],
  ["another file name", { fileName: "other.deb" }, "firmware.grant-name"],
];
for (const [who, claim, rule] of STRANGERS) {
  Deno.test(
    `publish: ${who} gets nothing by a published URL`,
    withTransfers(async (rig) => {
      const [url] = await published(rig);
      deepEqual(await fetched(rig, url!, claim), {});
      equal(rig.audited("transfer.grant.refused")[0]?.rule, rule);
      deepEqual(rig.feature.transfers.all(), []);
    }),
  );
}

Deno.test(
  "publish: a station of another model gets nothing by a published URL",
  withTransfers(async (rig) => {
    rig.vault.records.set(SHA, { ...IMAGE, models: ["CC612"] });
    const [url] = await published(rig);
    deepEqual(await fetched(rig, url!), {});
    equal(rig.audited("transfer.grant.refused")[0]?.rule, "firmware.grant-model");
  }),
);

Deno.test(
  "publish: an image that loses its trust is published no more, and its CSMS hears that",
  withTransfers(async (rig) => {
    const [url] = await published(rig);
    await rig.handlers()["firmware.changed"]!({ sha256: SHA, why: "changed on the disk" });
    await until(rig, "failed");
    equal(heard(rig).at(-1), "PublishFailed");
    deepEqual(await fetched(rig, url!), {});
  }),
);
