import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { SHA, type TransferRig, withTransfers } from "../testing/transfer_rig.ts";
import { TRANSFER_LIMITS } from "./limits.ts";

const ASK = { stationId: "CP001", sha256: SHA, who: "campaign:12" };
const tokenOf = (url: string) => /\/f\/([^/]+)\//.exec(url)?.[1] ?? /:([^:@]+)@/.exec(url)![1]!;
const fetched = (rig: TransferRig, url: string, changes = {}) =>
  rig.open({ token: tokenOf(url), fileName: "fw_2.0.deb", ...changes });

Deno.test(
  "firmware grants: a station gets a URL that fits OCPP, for its image, time and bytes",
  withTransfers(async (rig) => {
    const grant = await rig.feature.transfers.grant({ ...ASK, retries: 2, seconds: 60 });
    match(grant.url, /^https:\/\/10\.20\.0\.1:8446\/f\/[A-Za-z0-9_-]{22}\/fw_2\.0\.deb$/);
    ok(grant.url.length <= 512);
    deepEqual([grant.budgetBytes, grant.expiresAt - grant.createdAt, grant.state], [3_000, 60_000, "open"]);
    deepEqual(await fetched(rig, grant.url), {
      grant: {
        kind: "download",
        id: grant.id,
        stationId: "CP001",
        sha256: SHA,
        sizeBytes: 1_000,
        fileName: "fw_2.0.deb",
        leftBytes: 3_000,
      },
    });
    equal(rig.audited("transfer.grant.made")[0]?.who, "campaign:12");
  }),
);

Deno.test(
  "firmware grants: no token stands in the store, in the audit or in what is shown",
  withTransfers(async (rig) => {
    const { url } = await rig.feature.transfers.grant(ASK), token = tokenOf(url);
    const stored: unknown[] = [];
    for await (const { value } of rig.rig.store.list(["firmwareGrant"])) stored.push(value);
    const { data, text } = await rig.feature.commands!["firmware grants"]!({}, "eva");
    const seen = JSON.stringify([stored, data, text, rig.rig.audited, rig.feature.transfers.all()]);
    ok(!seen.includes(token), seen);
    equal(stored.length, 1);
  }),
);

Deno.test(
  "firmware grants: models that are excepted fetch by their protocol, and by no other",
  withTransfers(async (rig) => {
    const { grant } = rig.feature.transfers;
    const byFtp = await grant(ASK), byHttp = await grant({ ...ASK, stationId: "CP003" });
    match(byFtp.url, /^ftp:\/\/station:[A-Za-z0-9_-]{22}@10\.20\.0\.1:2121\/fw_2\.0\.deb$/);
    match(byHttp.url, /^http:\/\/10\.20\.0\.1:8447\/f\//);
    deepEqual(await fetched(rig, byFtp.url, { protocol: "https" }), {});
    ok((await fetched(rig, byFtp.url, { protocol: "ftp" })).grant);
  }, (site) => ({
    ...site,
    stations: site.stations.map((one, at) => ({ ...one, vendor: ["esp", "beny", "bender"][at]! })),
  })),
);

const THEFTS: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ["another station's address", { source: "10.0.0.3" }, "firmware.grant-holder"],
  ["another station's certificate", { commonName: "CP003" }, "firmware.grant-holder"],
  ["another protocol", { protocol: "http" }, "firmware.grant-protocol"],
];
for (const [what, claim, rule] of THEFTS) {
  Deno.test(
    `firmware grants: the token in the hand of ${what} is nothing, recorded and an alarm`,
    withTransfers(async (rig) => {
      const { url } = await rig.feature.transfers.grant(ASK);
      deepEqual(await fetched(rig, url, claim), {});
      const [refused, ...more] = rig.audited("transfer.grant.refused");
      deepEqual([refused?.outcome, refused?.rule, refused?.target, more.length], ["refused", rule, "CP001", 0]);
      deepEqual(rig.rig.raised.map(({ kind, subject }) => [kind, subject]), [["transfer.grant.stolen", "CP001"]]);
      ok((await fetched(rig, url)).grant, "the station itself still gets it");
    }),
  );
}

Deno.test(
  "firmware grants: guessing is recorded once a minute and address, with how often it was tried",
  withTransfers(async (rig) => {
    for (let index = 0; index < 50; index++) deepEqual(await rig.open({ token: `${index}`.padStart(22, "g") }), {});
    equal(rig.audited("transfer.grant.refused").length, 1);
    rig.rig.time.advance(TRANSFER_LIMITS.refusalSeconds * 1_000);
    await rig.open({ token: "g".repeat(22) });
    const [, again] = rig.audited("transfer.grant.refused");
    equal(again?.detail?.before, 49);
    await rig.open({ token: "g".repeat(22), source: "10.0.0.77" });
    equal(rig.audited("transfer.grant.refused").length, 3, "another address is another matter");
    deepEqual(rig.rig.raised, [], "nobody's token: no station to warn of");
  }),
);

Deno.test(
  "firmware grants: a station is known by the address of its connection too, and by its certificate from anywhere",
  withTransfers(async (rig) => {
    const { url } = await rig.feature.transfers.grant(ASK);
    deepEqual(await fetched(rig, url, { source: "10.0.0.9" }), {});
    rig.connect("CP001");
    ok((await fetched(rig, url, { source: "::ffff:10.0.0.9" })).grant);
    ok((await fetched(rig, url, { source: "10.9.9.9", commonName: "CP001" })).grant);
  }),
);

Deno.test(
  "firmware grants: a station that nobody hears of after a restart is known by where it was; heard of elsewhere, no more",
  withTransfers(async (rig) => {
    rig.connect("CP001");
    const { url } = await rig.feature.transfers.grant(ASK);
    rig.live.remove("s-CP001");
    await rig.restart();
    ok((await fetched(rig, url, { source: "10.0.0.9" })).grant);
    deepEqual(await fetched(rig, url, { source: "10.0.0.8" }), {});
    rig.live.add({
      ...{ session: "s2", worker: "ocpp-0", stationId: "CP001", source: "10.0.0.10", securityProfile: 3, since: 0 },
    });
    deepEqual(await fetched(rig, url, { source: "10.0.0.9" }), {});
    ok((await fetched(rig, url, { source: "10.0.0.10" })).grant);
  }, (site) => ({ ...site, stations: site.stations.map(({ address: _none, ...one }) => one) })),
);

Deno.test(
  "firmware grants: bytes are counted and kept; with the last one the grant is spent",
  withTransfers(async (rig) => {
    const { url, id } = await rig.feature.transfers.grant({ ...ASK, retries: 0 });
    await rig.handlers()["firmware.sent"]!({ id, bytes: 999, isWhole: false });
    await rig.restart();
    equal((await fetched(rig, url)).grant?.kind === "download" && rig.feature.transfers.all()[0]?.sentBytes, 999);
    await rig.handlers()["firmware.sent"]!({ id, bytes: 1, isWhole: true });
    deepEqual(await fetched(rig, url), {});
    equal(rig.audited("transfer.grant.refused")[0]?.rule, "firmware.grant-spent");
    ok(rig.feature.transfers.all()[0]?.completeAt);
    await rig.handlers()["firmware.sent"]!({ id: "unknown", bytes: 1, isWhole: true });
  }),
);

Deno.test(
  "firmware grants: one that is closed, or past its time, opens nothing and is cut off in the Workers",
  withTransfers(async (rig) => {
    const { grant, closeGrant } = rig.feature.transfers;
    const first = await grant(ASK), second = await grant({ ...ASK, who: "eva", seconds: 60 });
    await closeGrant(first.id, "enough");
    await closeGrant("unknown", "nothing happens");
    deepEqual(await fetched(rig, first.url), {});
    ok((await fetched(rig, second.url)).grant);
    await rig.look(60_000);
    deepEqual(await fetched(rig, second.url), {});
    await rig.looking("the end", () => rig.feature.transfers.all().every(({ state }) => state === "closed"));
    deepEqual(rig.feature.transfers.all().map(({ why }) => why).sort(), ["enough", "its time is over"]);
  }),
);

Deno.test(
  "firmware grants: an asker's newer one ends its older one for the same station, and nobody else's",
  withTransfers(async (rig) => {
    const { grant, all } = rig.feature.transfers;
    const made = [ASK, { ...ASK, who: "another" }, { ...ASK, stationId: "CP003" }, ASK];
    const ids = [];
    for (const ask of made) ids.push((await grant(ask)).id);
    const closed = all().filter(({ state }) => state === "closed");
    deepEqual(closed.map(({ id, why }) => [id, why]), [[ids[0], "the station is given another"]]);
  }),
);

Deno.test(
  "firmware grants: a person ends one by command; an unknown one is named",
  withTransfers(async (rig) => {
    const { id, url } = await rig.feature.transfers.grant(ASK);
    const command = rig.feature.commands!["firmware grants"]!;
    await command({ close: id }, "eva");
    deepEqual(await fetched(rig, url), {});
    deepEqual(rig.audited("transfer.grant.closed").map(({ who, target }) => [who, target]), [["eva", "CP001"]]);
    await rejects(command({ close: "nobody" }, "eva"), { code: "FIRMWARE_UNKNOWN" });
    const { text } = await command({}, "eva");
    match(text, /closed by eva/);
  }),
);

Deno.test(
  "firmware grants: an image that is not verified is offered to nobody, one that was withdrawn not even by an old grant",
  withTransfers(async (rig) => {
    const { grant } = rig.feature.transfers;
    const { url } = await grant(ASK);
    await rig.vault.withdraw(SHA, "recalled by its vendor");
    await rig.until("the grant's end", () => rig.feature.transfers.all()[0]?.state === "closed");
    deepEqual(await fetched(rig, url), {});
    await rejects(grant(ASK), { code: "FIRMWARE_UNVERIFIED" });
    await rejects(grant({ ...ASK, sha256: "00".repeat(32) }), { code: "FIRMWARE_UNKNOWN" });
  }),
);

Deno.test(
  "firmware grants: without a listener none is made",
  withTransfers(
    (rig) => rejects(rig.feature.transfers.grant(ASK), { code: "FIRMWARE_NOT_SERVED" }),
    (site) => ({ ...site, firmware: {} }),
  ),
);

Deno.test(
  "firmware grants: a station that nobody knows gets none",
  withTransfers((rig) =>
    rejects(rig.feature.transfers.grant({ ...ASK, stationId: "CP999" }), { code: "STATION_UNKNOWN" })
  ),
);

Deno.test(
  "firmware grants: as many as may be open, and not one more; the oldest that are closed are forgotten",
  withTransfers(async (rig) => {
    const { grant, closeGrant } = rig.feature.transfers;
    const made: { readonly id: string }[] = [];
    while (made.length < TRANSFER_LIMITS.openGrants) {
      made.push(await grant({ ...ASK, who: `asker ${made.length}` }));
    }
    await rejects(grant(ASK), { code: "FIRMWARE_GRANTS_FULL" });
    for (const { id } of made.slice(0, TRANSFER_LIMITS.closedGrants + 5)) await closeGrant(id, "enough");
    await grant(ASK);
    const closed = rig.feature.transfers.all().filter(({ state }) => state === "closed");
    equal(closed.length, TRANSFER_LIMITS.closedGrants);
  }),
);

Deno.test(
  "firmware grants: bytes that are counted while a grant is closed all count, and open it no more",
  withTransfers(async (rig) => {
    const { url, id } = await rig.feature.transfers.grant(ASK);
    const sent = (bytes: number) => rig.handlers()["firmware.sent"]!({ id, bytes, isWhole: false });
    await Promise.all([sent(100), sent(20), rig.feature.transfers.closeGrant(id, "the image was withdrawn"), sent(3)]);
    const standing = () => rig.feature.transfers.all().map(({ state, sentBytes }) => [state, sentBytes]);
    deepEqual(standing(), [["closed", 123]]);
    deepEqual(await fetched(rig, url), {});
    await rig.restart();
    deepEqual(standing(), [["closed", 123]]);
  }),
);
