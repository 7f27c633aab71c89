import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { PublishStatus } from "../../../../policies/firmware_publish.ts";
import type { Json } from "../../../core/control_api.ts";
import { GatewayError } from "../../../core/errors.ts";
import {
  ask,
  begin,
  fetched,
  heard,
  locations,
  MD5,
  newest,
  publish,
  published,
  trigger,
  unpublish,
  until,
  UP,
  updateTo,
  URL_OF_CSMS,
} from "../testing/publish_talk.ts";
import { IMAGE, SHA, withTransfers } from "../testing/transfer_rig.ts";
import type { SealedValue } from "../../../store/sealer.ts";
import { TRANSFER_LIMITS } from "../transfers/limits.ts";

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
    for await (const { value } of rig.rig.store.list<SealedValue>(["firmwarePublication"])) {
      stored.push(new TextDecoder("latin1").decode(value.sealed));
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
