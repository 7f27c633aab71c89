import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { PublishStatus } from "../../../../policies/firmware_publish.ts";
import type { Json } from "../../../core/control_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import { IMAGE, SHA, type TransferRig, UPDATE, withTransfers } from "../testing/transfer_rig.ts";
import { TRANSFER_LIMITS } from "../transfers/limits.ts";

const MD5 = "cd".repeat(16);
const URL_OF_CSMS = "https://user:secret@files.bender.example/ebee_firmware_2.0.deb?key=1";

const ask = (rig: TransferRig, action: string, payload: Json, csms = "main") =>
  rig.handlers()["firmware.publish"]!({ csms, version: "ocpp2.0.1", action, payload });
const publish = (rig: TransferRig, more: Record<string, Json> = {}, csms = "main") =>
  ask(rig, "PublishFirmware", { requestId: 7, location: URL_OF_CSMS, checksum: MD5, ...more }, csms);
const unpublish = (rig: TransferRig, checksum = MD5, csms = "main") =>
  ask(rig, "UnpublishFirmware", { checksum }, csms);
const trigger = (rig: TransferRig) =>
  ask(rig, "TriggerMessage", { requestedMessage: "PublishFirmwareStatusNotification" });
const begin = async (rig: TransferRig, csms = "main") => await rig.handlers()["firmware.published"]!({ csms });

const newest = (rig: TransferRig) => rig.feature.publications()[0]!.publication;
/** Looks until the newest publication is in that state, and its CSMS was told everything. */
const until = (rig: TransferRig, wanted: string) =>
  rig.looking(`a publication that is ${wanted}`, () => {
    const { state, outcome, telling } = newest(rig);
    return (state === wanted || outcome === wanted) && telling.length === 0;
  });
const heard = (rig: TransferRig) => rig.own.map(({ payload }) => (payload as { status: string }).status);
const locations = (rig: TransferRig) =>
  rig.own.flatMap(({ payload }) => (payload as { location?: string[] }).location ?? []);

const UP: readonly PublishStatus[] = ["Downloading", "Downloaded", "ChecksumVerified", "Published"];

/** Has the image published. @returns the URLs */
async function published(rig: TransferRig): Promise<readonly string[]> {
  await publish(rig);
  await begin(rig);
  await until(rig, "published");
  return locations(rig);
}

Deno.test(
  "publish: fetched with the CSMS's MD5, proved by the vault, told with a URL of every protocol (L03.FR.03)",
  withTransfers(async (rig) => {
    deepEqual(await publish(rig), { payload: { status: "Accepted" } });
    equal(rig.vault.asked.length, 0, "nothing is fetched before the CSMS has its answer");
    await begin(rig);
    await until(rig, "published");
    const claim = { vendor: "bender", version: "2.0", fileName: "ebee_firmware_2.0.deb", md5: MD5 };
    deepEqual(rig.vault.asked, [{ source: { kind: "url", url: URL_OF_CSMS, claim }, who: "csms:main" }]);
    deepEqual(heard(rig), UP);
    deepEqual([...new Set(rig.own.map(({ action, csms }) => `${action} ${csms}`))], [
      "PublishFirmwareStatusNotification main",
    ]);
    ok(rig.own.every(({ payload }) => (payload as { requestId: number }).requestId === 7));
    const urls = locations(rig);
    deepEqual(urls.map((url) => new URL(url).protocol), ["https:", "ftp:", "http:"]);
    match(urls[0]!, /^https:\/\/10\.20\.0\.1:8446\/f\/[A-Za-z0-9_-]{22}\/fw_2\.0\.deb$/);
    ok(urls.every((url) => url.length <= 512));
    deepEqual(rig.audited("transfer.publish.published").map(({ outcome }) => outcome), ["ok"]);
  }),
);

Deno.test(
  "publish: no URL, login or token of it stands in the audit, in what commands show, or plain in the store",
  withTransfers(async (rig) => {
    const [url] = await published(rig), token = url!.split("/")[4]!;
    const { data, text } = await rig.feature.commands!["firmware publications"]!({}, "eva");
    const stored: string[] = [];
    for await (const { value } of rig.rig.store.list<Uint8Array>(["firmwarePublication"])) {
      stored.push(new TextDecoder("latin1").decode(value));
    }
    equal(stored.length, 1);
    const shown = JSON.stringify([data, text, rig.rig.audited, stored]);
    for (const secret of ["secret", "key=1", token]) ok(!shown.includes(secret), secret);
    ok(shown.includes("files.bender.example/ebee_firmware_2.0.deb"));
  }),
);

const REFUSED: readonly (readonly [rule: string, heard: readonly PublishStatus[]])[] = [
  ["firmware.md5", ["Downloading", "Downloaded", "InvalidChecksum"]],
  ["firmware.evidence", ["Downloading", "Downloaded", "PublishFailed"]],
  ["firmware.floor", ["Downloading", "Downloaded", "PublishFailed"]],
  ["firmware.withdrawn", ["Downloading", "Downloaded", "PublishFailed"]],
];
for (const [rule, wanted] of REFUSED) {
  Deno.test(
    `publish: an image refused by ${rule} is published to nobody`,
    withTransfers(async (rig) => {
      rig.vault.judges("refused", rule);
      await publish(rig);
      await begin(rig);
      await until(rig, "failed");
      deepEqual([heard(rig), locations(rig)], [wanted, []]);
      const [ended] = rig.audited("transfer.publish.ended");
      deepEqual([ended?.outcome, ended?.rule], ["failed", rule]);
      deepEqual(await unpublish(rig), { payload: { status: "NoFirmware" } });
    }),
  );
}

for (
  const [code, rule] of [
    ["FIRMWARE_HOST_REFUSED", "firmware.host"],
    ["FIRMWARE_TOO_LARGE", "firmware.size"],
  ] as const
) {
  Deno.test(
    `publish: ${code} is a failed download, and not tried again`,
    withTransfers(async (rig) => {
      rig.vault.result = new GatewayError(code, "no");
      await publish(rig);
      await begin(rig);
      await until(rig, "failed");
      deepEqual([newest(rig).rule, rig.vault.asked.length], [rule, 1]);
      deepEqual(heard(rig), ["Downloading", "DownloadFailed"]);
    }),
  );
}

Deno.test(
  "publish: a fetch that fails is tried as often as the CSMS says, with its interval",
  withTransfers(async (rig) => {
    rig.vault.result = new GatewayError("FIRMWARE_UNREADABLE", "connection refused");
    await publish(rig, { retries: 1, retryInterval: 20 });
    await begin(rig);
    await rig.until("the first", () => rig.vault.asked.length === 1);
    await rig.look(18_000);
    equal(rig.vault.asked.length, 1);
    await until(rig, "failed");
    equal(rig.vault.asked.length, 2);
  }),
);

Deno.test(
  "publish: a right MD5 alone waits for two persons, and is published when they have released it",
  withTransfers(async (rig) => {
    rig.vault.records.set(SHA, { ...rig.vault.records.get(SHA)!, state: "held" });
    rig.vault.judges("held", "firmware.held");
    await publish(rig);
    await begin(rig);
    await until(rig, "held");
    deepEqual(heard(rig), ["Downloading", "Downloaded", "ChecksumVerified"]);
    deepEqual(await trigger(rig), { payload: { status: "Accepted" } });
    await begin(rig);
    await until(rig, "held");
    equal(heard(rig).at(-1), "ChecksumVerified");
    rig.vault.records.set(SHA, { ...rig.vault.records.get(SHA)!, state: "verified" });
    await until(rig, "published");
    equal(heard(rig).at(-1), "Published");
  }),
);

const MALFORMED: readonly (readonly [string, string, Json])[] = [
  ["PublishFirmware", "checksum", { requestId: 1, location: "https://a/b" }],
  ["PublishFirmware", "checksum", { requestId: 1, location: "https://a/b", checksum: "xy".repeat(16) }],
  ["PublishFirmware", "location", { requestId: 1, location: "no url", checksum: MD5 }],
  ["PublishFirmware", "requestId", { location: "https://a/b", checksum: MD5 }],
  ["UnpublishFirmware", "checksum", { checksum: MD5.slice(1) }],
  ["UnpublishFirmware", "checksum", null],
];
for (const [action, member, payload] of MALFORMED) {
  Deno.test(
    `publish: ${action} without a usable ${member} is refused and named: ${JSON.stringify(payload)}`,
    withTransfers(async (rig) => {
      const answer = await ask(rig, action, payload);
      ok("error" in answer && answer.error.code === "FormatViolation" && answer.error.description.includes(member));
      equal(rig.audited("transfer.publish.refused")[0]?.rule, "firmware.malformed");
    }),
  );
}

Deno.test(
  "publish: a host of which nobody says whose images it gives is rejected with what is missing",
  withTransfers(async (rig) => {
    const answer = await publish(rig, { location: "https://elsewhere.example/a.deb" });
    ok("payload" in answer);
    const { status, statusInfo } = answer.payload as { status: string; statusInfo: { additionalInfo: string } };
    equal(status, "Rejected");
    match(statusInfo.additionalInfo, /whose images this host gives \(firmware\.fetchHosts, vendor\)/);
    equal(rig.audited("transfer.publish.refused")[0]?.rule, "firmware.vendor");
  }),
);

Deno.test(
  "publish: the only vendor of a site needs not be named",
  withTransfers(
    async (rig) => {
      deepEqual(await publish(rig), { payload: { status: "Accepted" } });
      await begin(rig);
      await until(rig, "published");
      equal((rig.vault.asked[0]!.source as { claim: { vendor: string } }).claim.vendor, "acme");
    },
    (site) => ({
      ...site,
      firmware: { ...site.firmware, fetchHosts: [{ host: "files.bender.example" }], vendors: [{ vendor: "acme" }] },
    }),
  ),
);

Deno.test(
  "publish: a full disk takes nothing; so many are published at one time, and not one more",
  withTransfers(async (rig) => {
    for (let at = 0; at < TRANSFER_LIMITS.publications; at++) {
      const checksum = at.toString(16).padStart(32, "0");
      deepEqual(await publish(rig, { checksum }), { payload: { status: "Accepted" } });
    }
    const past = await publish(rig);
    ok("payload" in past && (past.payload as { status: string }).status === "Rejected");
    equal(rig.audited("transfer.publish.refused")[0]?.rule, "firmware.publications-full");
    deepEqual(
      await publish(rig, { checksum: "0".repeat(32) }),
      { payload: { status: "Accepted" } },
      "one anew is none more",
    );
    (rig.context as { disk: unknown }).disk = { level: "full" };
    await publish(rig);
    equal(rig.audited("transfer.publish.refused")[1]?.rule, "firmware.disk");
  }),
);

Deno.test(
  "publish: the same image asked for anew takes the place of the one before",
  withTransfers(async (rig) => {
    const [first] = await published(rig);
    await publish(rig, { requestId: 8 });
    await begin(rig);
    await until(rig, "published");
    const all = rig.feature.publications().map(({ publication: { state, outcome } }) => outcome ?? state);
    deepEqual(all, ["published", "replaced"]);
    ok(!locations(rig).slice(3).includes(first!), "with URLs of its own");
  }),
);

// L04
Deno.test(
  "unpublish: Unpublished ends it, NoFirmware is what nobody published, another CSMS's is not touched (L04)",
  withTransfers(async (rig) => {
    deepEqual(await unpublish(rig), { payload: { status: "NoFirmware" } });
    const [url] = await published(rig);
    deepEqual(await unpublish(rig, MD5, "other"), { payload: { status: "NoFirmware" } });
    deepEqual(await unpublish(rig, MD5.toUpperCase()), { payload: { status: "Unpublished" } });
    deepEqual(await unpublish(rig), { payload: { status: "NoFirmware" } });
    deepEqual(await fetched(rig, url!), {}, "its URL leads nowhere any more");
    equal(rig.audited("transfer.publish.ended")[0]?.outcome, "ok");
  }),
);

Deno.test(
  "unpublish: DownloadOngoing while the gateway fetches it, while a station fetches it, and no longer (L04.FR.04)",
  withTransfers(async (rig) => {
    await publish(rig);
    deepEqual(await unpublish(rig), { payload: { status: "DownloadOngoing" } });
    await begin(rig);
    await until(rig, "published");
    const { grant } = await fetched(rig, locations(rig)[0]!);
    deepEqual(await unpublish(rig), { payload: { status: "DownloadOngoing" } });
    await rig.handlers()["firmware.sent"]!({ id: grant!.id, bytes: IMAGE.sizeBytes, isWhole: true });
    deepEqual(await unpublish(rig), { payload: { status: "Unpublished" } });
  }),
);

Deno.test(
  "unpublish: DownloadOngoing while a station is updated from it for its CSMS",
  withTransfers(async (rig) => {
    const [location] = await published(rig);
    rig.connect("CP001");
    await rig.request({ payload: { ...updateTo(location!) } });
    await rig.handlers()["firmware.requested"]!({ stationId: "CP001" });
    await rig.looking("the call", () => rig.calls.length === 1);
    deepEqual(await unpublish(rig), { payload: { status: "DownloadOngoing" } });
  }),
);

// stations
const fetched = async (rig: TransferRig, url: string, changes: Record<string, string> = {}) => {
  const [, , , , token, fileName] = url.split("/");
  return await rig.open({ token: token!, fileName: fileName!, source: "10.0.0.1", ...changes });
};
const updateTo = (location: string) => ({
  requestId: 42,
  firmware: { ...(UPDATE.payload as { firmware: Record<string, Json> }).firmware, location },
});

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

// L03.FR.10, 11
Deno.test(
  "publish: asked how far it is, the gateway answers first and tells then; Idle after Published, and of nothing",
  withTransfers(async (rig) => {
    deepEqual(await trigger(rig), { payload: { status: "Accepted" } });
    deepEqual(heard(rig), []);
    await begin(rig);
    deepEqual(heard(rig), ["Idle"]);
    deepEqual(rig.own[0]?.payload, { status: "Idle" });
    await published(rig);
    await trigger(rig);
    await rig.settle();
    equal(heard(rig).length, 1 + UP.length, "not before the answer");
    await begin(rig);
    await until(rig, "published");
    deepEqual(rig.own.at(-1)?.payload, { status: "Idle" });
  }),
);

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
